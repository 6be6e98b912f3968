"""A disk of limited size for one server, so that a test can fill it.

The disk is a tmpfs in a mount namespace of its own, held by a process that sleeps there. So no other process
sees it, a normal user can make it wherever user namespaces are allowed, and the kernel removes it with the
last process in it, however the stack ends.
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
class _MountMethod:
    """The commands that make the namespace, enter it, and become a user there who is not root."""

    hold: tuple[str, ...]
    enter: tuple[str, ...]
    user: tuple[str, ...]
    options: str = "mode=0700"


_MOUNT_METHODS = (
    _MountMethod(("unshare", "-r", "-m", "-i"), ("-U", "-m", "-i", "--preserve-credentials"), NAMESPACE),
    # For root on a machine without user namespaces.
    _MountMethod(("unshare", "-m", "-i"), ("-m", "-i"), SWITCH, f"mode=0700,uid={NOBODY},gid={NOBODY}"),
)


class SmallDisk:
    """Mounted on `path` by `mount()`, for those who run with `prefix`."""

    def __init__(self, directory: StackDirectory, path: Path, size_bytes: int) -> None:
        self.path = path
        self._directory = directory
        self._size_bytes = size_bytes
        self._mount_method: _MountMethod | None = None
        self._holder: Process | None = None

    async def mount(self) -> None:
        """Mount the disk. Raises StartFailed where the machine allows no mount."""
        way = await asyncio.to_thread(_mount_method)
        if way is None:
            raise StartFailed(why_unavailable())
        options = f"size={self._size_bytes},{way.options}"
        self._mount_method = way
        self._holder = await Process.spawn(
            self._directory,
            "disk",
            [*way.hold, "sh", "-c", _MOUNT, "sh", options, str(self.path)],
            log_path=self._directory.path / "log" / "disk.log",
        )
        await self._until_mounted()

    @property
    def prefix(self) -> tuple[str, ...]:
        """The prefix of a command that runs on this disk as a normal user."""
        assert self._mount_method is not None  # noqa: S101
        return (
            "nsenter",
            f"--target={self._held().pid}",
            *self._mount_method.enter,
            *self._mount_method.user,
        )

    @property
    def user(self) -> tuple[str, ...]:
        """The part of the prefix that names the user, for `give`."""
        assert self._mount_method is not None  # noqa: S101
        return self._mount_method.user

    @property
    def outside_path(self) -> Path:
        """The disk's root as other namespaces see it."""
        return Path(f"/proc/{self._held().pid}/root{self.path}")

    def fill(self) -> int:
        """Write until the disk is full; may be repeated. The number of bytes written."""
        taken = 0
        with (self.outside_path / _BALLAST).open("ab", buffering=0) as ballast:
            for piece in _PIECES_BYTES:
                taken += _write_until_full(ballast.fileno(), bytes(piece))
        return taken

    def clear(self) -> None:
        """Free what `fill` took."""
        (self.outside_path / _BALLAST).unlink(missing_ok=True)

    async def reap(self) -> None:
        """Wait for the end of the holder, which the watchdog ends."""
        if self._holder is not None:
            await self._holder.wait()

    async def _until_mounted(self) -> None:
        holder = self._held()
        try:
            async with asyncio.timeout(_MOUNT_SECONDS):
                while not (self.outside_path / "mounted").exists():
                    if not holder.alive:
                        raise StartFailed(f"the disk was not mounted:\n{holder.tail()}")
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError as error:
            raise StartFailed(f"the disk was not mounted in {_MOUNT_SECONDS:g} s") from error

    def _held(self) -> Process:
        if self._holder is None:
            raise RuntimeError("the disk was not mounted")
        return self._holder


def why_unavailable() -> str:
    """The reason why this machine cannot mount a disk of limited size; empty where it can."""
    if _mount_method() is not None:
        return ""
    return "neither a user namespace nor root's own lets a tmpfs be mounted here (unshare, mount, nsenter)"


def _mount_method() -> _MountMethod | None:
    return next((way for way in _MOUNT_METHODS if _works(way)), None)


def _works(way: _MountMethod) -> bool:
    """Try the method: mount a disk for a moment and write to it as a normal user."""
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
