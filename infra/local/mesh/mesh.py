"""A running mesh: its processes by name, its addresses, and how tests and commands start and stop them."""

import signal
from asyncio import CancelledError
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg

from gateway.accounts.model import Guards
from gateway.admin.store import AdminStore
from gateway.auth.scopes import SCOPES
from gateway.client import Trust
from infra.local.mesh.announcements import are_announced
from infra.local.mesh.certificates import Certificates
from infra.local.mesh.database import connected, prepare
from infra.local.mesh.leases import are_spread
from infra.local.mesh.process_specs import (
    Modules,
    Overrides,
    ProcessSpec,
    ProcessSpecs,
    has_own_receiver,
    wants_tls,
)
from infra.local.mesh.supervisor import READY_S, Supervisor
from infra.local.processes.process import Process
from infra.local.servers.stack import LocalStack
from services.runtime.discovery import Discovery
from services.runtime.settings import PostgresSettings

_DRAIN_S = 8.0
_HASTY_S = 1.0
# A process stops before the processes that it calls.
_STOP_ORDER = (("gateway", "enrollment", "host"), ("dispatch",), ("network", "receiver"))


class Mesh:
    """`async with LocalStack() as stack, Mesh(stack) as mesh:` gives a mesh whose shards are all leased.

    Attributes:
        stack: what it runs on.
        name: of its database, and of everything it has in Consul and Redis.
        path: its own folder in the stack's.
        ledger_path: what the network accepted.
        spans_path: one JSON object a span; no file when the user's settings send traces elsewhere.
        log_path: the folder of the processes' logs.

    """

    def __init__(
        self,
        stack: LocalStack,
        *,
        hosts: int = 3,
        dispatchers: int = 2,
        enrollments: int = 1,
        gateways: int = 1,
        behavior: str = "usual",
        shard_count: int = 256,
        overrides: Overrides | None = None,
        modules: Modules | None = None,
        name: str = "kompang",
        traces: bool = True,
        tls: bool | None = None,
    ) -> None:
        """Nothing starts yet.

        Args:
            stack: a running stack; one stack may carry several meshes of different names.
            hosts: shard hosts, named host-1 and so on.
            dispatchers: replicas of dispatch.
            enrollments: replicas of enrollment.
            gateways: 1, or 0 for a mesh that nobody calls.
            behavior: of the network: a preset's name, or a Behavior as JSON.
            shard_count: of the cluster, for its life.
            overrides: further environment by kind of process, or by name.
            modules: what to run in place of a kind's own module, for tests.
            name: see above.
            tls: whether the processes prove to each other who they are; None: as the variable TLS says.
            traces: whether to write spans to a file when the user's settings name no receiver.

        """
        self.stack = stack
        self.name = name
        self.path = stack.path / f"mesh-{name}"
        self.ledger_path = self.path / "ledger.jsonl"
        self.spans_path = self.path / "spans.jsonl"
        self.log_path = self.path / "log"
        self.has_spans = traces and not has_own_receiver()
        self._shard_count = shard_count
        self._behavior = behavior
        self._counts = {
            "gateway": gateways,
            "enrollment": enrollments,
            "dispatch": dispatchers,
            "host": hosts,
        }
        self._certificates = Certificates(self.path / "certificates")
        issue = self._certificates.issue if (wants_tls() if tls is None else tls) else None
        self._specs = ProcessSpecs(stack, name, self.path, overrides or {}, modules or {}, issue)
        self._supervisor = Supervisor(stack, self.log_path)

    async def __aenter__(self) -> Self:
        """Migrate, start everything, and return when every shard is leased; some 5 s.

        Raises:
            StartFailed: a process did not become ready in time.
            ProcessDied: a process ended while starting.
            services.schema.files.SchemaError: the migrations do not fit this database.

        """
        self.path.mkdir()
        try:
            await prepare(self.stack.postgres, self.name, self._shard_count)
            self._plan()
            await self._start()
        except BaseException:
            await self._stop_all(_HASTY_S)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Drain and stop everything, callers before the processes that they call."""
        # A user ends it by a cancellation (Ctrl-C), and then every process may drain.
        orderly = kind is None or issubclass(kind, CancelledError)
        await self._stop_all(_DRAIN_S if orderly else _HASTY_S)

    # Addresses and processes

    @property
    def processes(self) -> dict[str, Process]:
        """Every process started, by name; one that was started again replaces its predecessor."""
        return self._supervisor.processes

    @property
    def hosts(self) -> list[str]:
        """The names of the shard hosts that were started, dead or alive."""
        return [spec.name for spec in self._specs.of_kinds("host")]

    def spec(self, name: str) -> ProcessSpec:
        """A process's command, address and environment (with passwords: not for logs). Raises KeyError."""
        return self._specs[name]

    @property
    def gateway_address(self) -> str:
        """host:port of the public API."""
        return self._specs["gateway"].address

    @property
    def ca_file(self) -> Path | None:
        """The authority that the gateway's certificate is of; None without TLS."""
        return self._certificates.ca_file

    @property
    def gateway_trust(self) -> Trust:
        """What a client of the public API needs to trust the gateway's certificate."""
        return Trust(ca_file=self.ca_file)

    @property
    def gateway_environment(self) -> Mapping[str, str]:
        """The variables by which the `kompang` command reaches the gateway, without the key."""
        if self.ca_file is None:
            return {"KOMPANG_GATEWAY_ADDRESS": self.gateway_address}
        return {
            "KOMPANG_GATEWAY_ADDRESS": f"https://{self.gateway_address}",
            "KOMPANG_TLS_CA_FILE": str(self.ca_file),
        }

    @property
    def network_address(self) -> str:
        """host:port of the simulated network."""
        return self._specs["network"].address

    @property
    def owner_dsn(self) -> str:
        """The address of the database for its owner, with the password: not for logs."""
        return self.stack.postgres.dsn(database=self.name)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection of the owner, with the product's search path."""
        async with connected(self.owner_dsn) as connection:
            yield connection

    # Asked by tests and commands

    async def create_account(self, slug: str) -> str:
        """Create an account that sends at any hour and without caps; its API key, which has all scopes.

        Raises:
            services.runtime.errors.AlreadyExists: an account of this name exists.

        """
        async with AdminStore.opened(PostgresSettings(postgres_dsn=self.owner_dsn)) as store:
            return (await store.create_account(slug, "", "UTC", SCOPES, Guards())).text

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a process a signal; unless the signal is harmless, `check` ignores its end from now on."""
        self._supervisor.kill(name, number)

    async def stop(self, name: str, seconds: float = 30.0) -> int:
        """Drain a process with SIGTERM, kill it when it has not ended in time; returns its exit code."""
        [code] = await self._supervisor.stop([name], seconds)
        return code

    async def start(self, name: str) -> None:
        """Start a process again that was stopped or killed, at its old address; returns when it serves.

        Raises as `until`.
        """
        await self._supervisor.spawn(self._specs[name])
        await self._supervisor.until_serving(self._specs[name])

    async def start_host(self, name: str) -> None:
        """Start a shard host, a new one or one that ended; returns when it serves.

        Raises as `until`.
        """
        if name not in self._specs:
            self._specs.add("host", name)
        await self.start(name)

    def rss_bytes(self, name: str) -> int:
        """Resident memory of a process; 0 when it has ended."""
        return self.processes[name].rss_bytes()

    def check(self) -> None:
        """Return if every process lives that should.

        Raises:
            ProcessDied: one does not; each dead process is reported once.

        """
        self._supervisor.check()

    async def until(self, probe: Callable[[], Awaitable[bool]], what: str, seconds: float = READY_S) -> None:
        """Repeat the probe until its answer is yes.

        Raises:
            StartFailed: the answer was not yes in time.
            ProcessDied: a process of the mesh ended meanwhile.

        """
        await self._supervisor.until(probe, what, seconds)

    async def until_leased(self) -> None:
        """Return when every shard is leased to a living host, and no host has more than its share.

        Raises as `until`.
        """
        living = [name for name in self.hosts if self._supervisor.should_live(name)]
        what = f"leases of {self._shard_count} shards on {len(living)} hosts"
        async with self.connection() as connection:
            await self.until(lambda: are_spread(connection, living, self._shard_count), what)

    # Start and end

    def _plan(self) -> None:
        if self.has_spans:
            self._specs.add_receiver(self.spans_path)
        self._specs.add_network(self.ledger_path, self._behavior)
        for kind, count in self._counts.items():
            for number in range(1, count + 1):
                self._specs.add(kind, kind if kind == "gateway" else f"{kind}-{number}")

    async def _start(self) -> None:
        # All at once: each process waits by itself for the processes that it calls.
        for spec in self._specs.values():
            await self._supervisor.spawn(spec)
        for spec in self._specs.values():
            await self._supervisor.until_serving(spec)
        what = "gateway, enrollment and dispatch in Consul"
        async with Discovery(self.stack.consul[0].address, prefix=self.name) as discovery:
            await self.until(lambda: are_announced(discovery, self._counts), what)
        if self.hosts:
            await self.until_leased()

    async def _stop_all(self, seconds: float) -> None:
        for kinds in _STOP_ORDER:
            names = [spec.name for spec in self._specs.of_kinds(*kinds)]
            await self._supervisor.stop([name for name in names if name in self.processes], seconds)
