"""A disk of limited size for one server, to see what the mesh does when it is full.

It is a tmpfs in a mount namespace of its own, held by a process that sleeps there. So nobody else sees it, a
normal user can make it wherever user namespaces are allowed, and the kernel removes it with the last process
in it, however the stack ends.
"""

import asyncio
import errno
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import StartFailed
from infra.local.processes.process import Process
from infra.local.processes.stack_directory import StackDirectory
from infra.local.servers.unprivileged import NAMESPACE, NOBODY, SWITCH

_PIECES_BYTES = (1 << 20, 4096)
_MOUNT_SECONDS = 10.0
_POLL_SECONDS = 0.02
_BALLAST = "ballast"
# The server's System V segment goes with the namespace as well: that is what -i is for.
_MOUNT = 'mount -t tmpfs -o "$1" tmpfs "$2" && touch "$2/mounted" && exec sleep infinity'


@dataclass(frozen=True)
class _Way:
    """How to make the namespace, to go into it, and to be somebody there who is not root."""

    hold: tuple[str, ...]
    enter: tuple[str, ...]
    user: tuple[str, ...]
    options: str = "mode=0700"


_WAYS = (
    _Way(("unshare", "-r", "-m", "-i"), ("-U", "-m", "-i", "--preserve-credentials"), NAMESPACE),
    # For root on a machine without user namespaces.
    _Way(("unshare", "-m", "-i"), ("-m", "-i"), SWITCH, f"mode=0700,uid={NOBODY},gid={NOBODY}"),
)


class SmallDisk:
    """Mounted on `path` by `mount()`, for those who run with `prefix`."""

    def __init__(self, directory: StackDirectory, path: Path, size_bytes: int) -> None:
        self.path = path
        self._directory = directory
        self._size_bytes = size_bytes
        self._way: _Way | None = None
        self._holder: Process | None = None

    async def mount(self) -> None:
        """Make it. Raises StartFailed where the machine allows no mount."""
        way = await asyncio.to_thread(_way)
        if way is None:
            raise StartFailed(hindrance())
        options = f"size={self._size_bytes},{way.options}"
        self._way = way
        self._holder = await Process.spawn(
            self._directory,
            "disk",
            [*way.hold, "sh", "-c", _MOUNT, "sh", options, str(self.path)],
            log_path=self._directory.path / "log" / "disk.log",
        )
        await self._until_mounted()

    @property
    def prefix(self) -> tuple[str, ...]:
        """What to put before a command that is to run on this disk, as a normal user."""
        assert self._way is not None  # noqa: S101
        return ("nsenter", f"--target={self._held().pid}", *self._way.enter, *self._way.user)

    @property
    def user(self) -> tuple[str, ...]:
        """The part of the prefix that says as whom, for `give`."""
        assert self._way is not None  # noqa: S101
        return self._way.user

    @property
    def seen(self) -> Path:
        """Its root, as seen from outside."""
        return Path(f"/proc/{self._held().pid}/root{self.path}")

    def fill(self) -> int:
        """Take what is free; may be repeated. How many bytes were."""
        taken = 0
        with (self.seen / _BALLAST).open("ab", buffering=0) as ballast:
            for piece in _PIECES_BYTES:
                taken += _write_until_full(ballast.fileno(), bytes(piece))
        return taken

    def clear(self) -> None:
        """Give it back."""
        (self.seen / _BALLAST).unlink(missing_ok=True)

    async def reap(self) -> None:
        """Wait for the end of the holder, which somebody else brings about."""
        if self._holder is not None:
            await self._holder.wait()

    async def _until_mounted(self) -> None:
        holder = self._held()
        try:
            async with asyncio.timeout(_MOUNT_SECONDS):
                while not (self.seen / "mounted").exists():
                    if not holder.alive:
                        raise StartFailed(f"the disk was not mounted:\n{holder.tail()}")
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError as error:
            raise StartFailed(f"the disk was not mounted in {_MOUNT_SECONDS:g} s") from error

    def _held(self) -> Process:
        if self._holder is None:
            raise RuntimeError("the disk was not mounted")
        return self._holder


def hindrance() -> str:
    """Why this machine lets nobody mount a disk of limited size; empty where it does."""
    if _way() is not None:
        return ""
    return "neither a user namespace nor root's own lets a tmpfs be mounted here (unshare, mount, nsenter)"


def _way() -> _Way | None:
    return next((way for way in _WAYS if _works(way)), None)


def _works(way: _Way) -> bool:
    """Mount one for a moment, and be a normal user on it."""
    with tempfile.TemporaryDirectory(prefix="kompang-disk-") as folder:
        script = 'mount -t tmpfs -o "$1" tmpfs "$2" && cd "$2" && shift 2 && exec "$@" touch tried'
        command = [*way.hold, "sh", "-c", script, "sh", f"size=1m,{way.options}", folder, *way.user]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_MOUNT_SECONDS, check=False)
        except (FileNotFoundError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0


def _write_until_full(file: int, piece: bytes) -> int:
    written = 0
    while True:
        try:
            written += os.write(file, piece)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return written
