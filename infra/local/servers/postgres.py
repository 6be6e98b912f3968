"""Postgres for a local stack, with the product's roles and passwords that exist in this process only."""

import asyncio
import secrets
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import asyncpg

from infra.local.errors import StartFailed
from infra.local.processes.stack_directory import ENVIRONMENT, StackDirectory
from infra.local.servers.ports import LOOPBACK, free_ports
from infra.local.servers.scram import verifier
from infra.local.servers.seed import Seed
from infra.local.servers.service import Service, write_private
from infra.local.servers.small_disk import SmallDisk
from infra.local.servers.unprivileged import give, unprivileged

OWNER = "postgres"
DATABASE = "kompang"
ROLES = ("kompang_gateway", "kompang_enrollment", "kompang_dispatch")

_INITDB = ("--auth=scram-sha-256", "--locale=C", "--encoding=UTF8", "--no-sync")
_PROGRAM_SECONDS = 120.0
_QUERY_SECONDS = 10.0

_SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    # In the cluster's folder: in /dev/shm it outlives a killed server, and containers have little there.
    "dynamic_shared_memory_type": "mmap",
    "max_wal_size": "2GB",
    # The DETAIL of a failed statement quotes rows, and rows hold phone numbers.
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
# Commits stay synchronous: what was committed survives the end of the server, only not that of the machine.
_NOT_DURABLE: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off"}
# On a small disk the log must not take all of it. Small segments: only a new one finds the disk full, and a
# checkpoint leaves some to be used again.
_SMALL: Mapping[str, str] = {"min_wal_size": "32MB", "max_wal_size": "48MB"}
_SMALL_SEGMENT_MB = 1


class Postgres(Service):
    """One server with the empty database `kompang`, owned by the superuser `postgres`.

    Attributes:
        disk: what its cluster is on, where the size of that is limited.

    """

    # Fast shutdown, immediate shutdown; SIGTERM would wait for clients to go.
    signals = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)

    def __init__(
        self, directory: StackDirectory, programs: Path, *, durable: bool = True, disk_bytes: int = 0
    ) -> None:
        """`disk_bytes`: of a disk of its own, which can be filled; 0 for none."""
        super().__init__("postgres", directory)
        self.disk = SmallDisk(directory, self.folder / "disk", disk_bytes) if disk_bytes else None
        self._programs = programs
        self._settings = {
            **_SETTINGS,
            **({} if durable else _NOT_DURABLE),
            **(_SMALL if disk_bytes else {}),
        }
        [self._port] = free_ports(1)
        self._passwords = {role: secrets.token_urlsafe(24) for role in (OWNER, *ROLES)}
        self._cluster = (self.disk.path if self.disk else self.folder) / "cluster"
        self._prefix: tuple[str, ...] = ()
        self._user: tuple[str, ...] = ()

    @property
    def admin_dsn(self) -> str:
        """The superuser's, for migrations and tests."""
        return self.dsn()

    def dsn(self, role: str = OWNER, database: str = DATABASE) -> str:
        """A URL with the role's password: not for logs.

        A product role exists only after the migration, and has its password after `set_role_passwords`.

        Raises:
            KeyError: the role is none of the superuser and the product's.

        """
        return (
            f"postgresql://{role}:{self._passwords[role]}@{LOOPBACK}:{self._port}/{quote(database, safe='')}"
        )

    async def start(self) -> None:
        """See `Service.start`; the first start makes the disk, the cluster and the database."""
        if self.folder.exists():
            await super().start()
            return
        self.folder.mkdir()
        await self._choose_user()
        password = await asyncio.to_thread(self._create_cluster)
        await super().start()
        async with self._connected(password) as connection:
            await self._set_passwords(connection, OWNER)
            await connection.execute("CREATE DATABASE kompang")

    async def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop; "immediate" makes no checkpoint, so that the next start has to recover from the log."""
        await self._stop(signal.SIGINT if mode == "fast" else signal.SIGQUIT)

    async def backup(self) -> None:
        """Take a base backup of the running server; it replaces an earlier one."""
        backup = self._cluster.with_name("backup")
        shutil.rmtree(backup, ignore_errors=True)
        command = [
            *self._prefix,
            str(self._programs / "pg_basebackup"),
            f"--pgdata={backup}",
            f"--host={LOOPBACK}",
            f"--port={self._port}",
            f"--username={OWNER}",
            "--checkpoint=fast",
            "--no-sync",
        ]
        environment = {**self._environment(), "PGPASSWORD": self._passwords[OWNER]}
        await asyncio.to_thread(_ran, command, environment)

    async def restore(self, *, timeline: bool = True) -> None:
        """Go back to the backup, as a restore of yesterday's data does; what was committed since is gone.

        Without a new `timeline` it is as if a snapshot of the disk were put back.
        """
        await self.stop("immediate")
        await asyncio.to_thread(self._put_back, timeline=timeline)
        await self.start()

    def _put_back(self, *, timeline: bool) -> None:
        shutil.rmtree(self._cluster)
        command = [*self._prefix, "cp", "-a", str(self._cluster.with_name("backup")), str(self._cluster)]
        _ran(command, self._environment())
        if timeline:
            (self._cluster / "recovery.signal").touch()
            with (self._cluster / "postgresql.auto.conf").open("a") as settings:
                settings.write("restore_command = 'false'\n")  # no archive: its log ends with the backup

    async def reap(self) -> None:
        """See `Service.reap`."""
        await super().reap()
        if self.disk is not None:
            await self.disk.reap()

    async def set_role_passwords(self) -> None:
        """Give the roles, as far as the migration has made them, the passwords that `dsn` tells.

        The superuser has its own since the first start.

        Raises:
            asyncpg.PostgresError, OSError, TimeoutError: the server refused or did not answer.

        """
        async with self._connected(self._passwords[OWNER]) as connection:
            await self._set_passwords(connection, *ROLES)

    async def _set_passwords(self, connection: asyncpg.Connection, *roles: str) -> None:
        for role in roles:
            # ALTER ROLE takes no parameters; format() quotes as the server wants it.
            statement = await connection.fetchval(
                "SELECT format('ALTER ROLE %I PASSWORD %L', rolname, $2::text)"
                " FROM pg_roles WHERE rolname = $1",
                role,
                verifier(self._passwords[role]),
            )
            if statement is not None:
                await connection.execute(statement)

    @asynccontextmanager
    async def _connected(self, password: str) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(
            self.dsn(database="postgres"),
            password=password,
            # Otherwise asyncpg looks for certificates below HOME and fails where it may not read.
            ssl=False,
            timeout=_QUERY_SECONDS,
            command_timeout=_QUERY_SECONDS,
        )
        try:
            yield connection
        finally:
            await connection.close(timeout=_QUERY_SECONDS)

    async def _choose_user(self) -> None:
        if self.disk is None:
            self._prefix = self._user = unprivileged(self._programs / "postgres")
        else:
            self.disk.path.mkdir()
            await self.disk.mount()
            self._prefix, self._user = self.disk.prefix, self.disk.user

    def _create_cluster(self) -> str:
        """Make the cluster; the password that its superuser has until the server has started."""
        if self.disk is not None:
            return self._new_cluster()
        seed = Seed(self._programs, (*_INITDB, *self._prefix))
        if seed.exists and (password := self._copied_cluster(seed)):
            return password
        password = self._new_cluster()
        seed.keep(self._cluster, password)
        return password

    def _copied_cluster(self, seed: Seed) -> str:
        """Empty when the seed is gone: another machine that has this checkout removes what is not its own."""
        give(self.folder, self._user)
        try:
            password = seed.password
            seed.copy(self._cluster)
        except (OSError, subprocess.SubprocessError):
            shutil.rmtree(self._cluster, ignore_errors=True)
            return ""
        _ran(
            [*self._prefix, str(self._programs / "pg_resetwal"), "--force", f"--pgdata={self._cluster}"],
            self._environment(),
        )
        return password

    def _new_cluster(self) -> str:
        # Not the one that `dsn` tells: a seed keeps it.
        password = secrets.token_urlsafe(24)
        file = self.folder / "password"
        write_private(file, password)
        for path in (self.folder, file):
            give(path, self._user)
        try:
            self._initdb(file)
        finally:
            file.unlink(missing_ok=True)
        return password

    def _initdb(self, password: Path) -> None:
        command = [
            *self._prefix,
            str(self._programs / "initdb"),
            f"--pgdata={self._cluster}",
            f"--username={OWNER}",
            f"--pwfile={password}",
            *_INITDB,
            *([f"--wal-segsize={_SMALL_SEGMENT_MB}"] if self.disk else []),
        ]
        _ran(command, {**self._environment(), ENVIRONMENT: str(self.directory.path)})

    def _command(self) -> list[str]:
        settings = {**self._settings, "port": str(self._port)}
        return [
            *self._prefix,
            str(self._programs / "postgres"),
            f"-D{self._cluster}",
            *(f"-c{name}={value}" for name, value in settings.items()),
        ]

    async def _is_ready(self) -> bool:
        """As pg_ctl asks: the lock file names this very process, and its eighth line says "ready"."""
        try:
            lines = (self._seen() / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(self.process.pid)] and [line.strip() for line in lines[7:8]] == ["ready"]

    def _seen(self) -> Path:
        """The cluster's folder, as this process sees it."""
        return self.disk.outside_path / self._cluster.name if self.disk else self._cluster


def _ran(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Raise StartFailed with what a program of Postgres says when it fails."""
    program = next(Path(part).name for part in command if "/" in part or part == "cp")
    try:
        subprocess.run(command, env=environment, capture_output=True, check=True, timeout=_PROGRAM_SECONDS)
    except subprocess.CalledProcessError as error:
        raise StartFailed(f"{program} failed:\n{error.stderr.decode(errors='replace').rstrip()}") from error
    except subprocess.TimeoutExpired as error:
        raise StartFailed(f"{program} not ready after {_PROGRAM_SECONDS:g} s") from error
