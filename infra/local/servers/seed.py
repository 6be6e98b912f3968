"""A fresh cluster of Postgres, kept so that the next server copies it: `initdb` takes half a second of CPU.

    authority   the first stack that needs one of this kind puts a copy of its own into the cache, before its
                server has started
    trusted     a copy made since the machine started: nothing here is written through to the disk
    on failure  without a seed a server makes its cluster by itself, as the first one did

Every copy has an identity of its own, as every cluster that `initdb` makes: by that the product notices that
a database was moved to another server.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import struct
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

CACHE = Path(__file__).parents[3] / ".cache" / "postgres"

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_COPY_SECONDS = 120.0


class Seed:
    """The seed of one kind of cluster, if there is one.

    Attributes:
        password: of the superuser in the seed; a copy takes another one at once.

    """

    def __init__(self, programs: Path, kind: Sequence[str], cache: Path = CACHE, boot: Path = _BOOT) -> None:
        """`kind` is what else a cluster depends on: how it is made, and as whom."""
        self._cache = cache
        self._boot = boot.read_text().strip() if boot.is_file() else ""
        self._path = cache / f"{self._boot}.{_digest(programs, kind)}"
        # It makes the identity of a copy; a machine may have Postgres without it.
        self._usable = bool(self._boot) and shutil.which(programs / "pg_resetwal") is not None

    @property
    def exists(self) -> bool:
        """Whether a cluster can be copied now."""
        return self._usable and os.access(self._path, os.R_OK | os.X_OK)

    @property
    def password(self) -> str:
        """See the class. Raises OSError when there is no seed."""
        return (self._path / "password").read_text()

    def copy(self, cluster: Path) -> None:
        """Make `cluster` from the seed; its log is still to be made, by `pg_resetwal --force`.

        Raises OSError or `subprocess.SubprocessError`.
        """
        _copy(self._path / "cluster", cluster)
        with (cluster / "global" / "pg_control").open("r+b") as control:
            # The first eight bytes, in each version. The checksum is wrong then; --force makes a new one.
            control.write(struct.pack("=Q", secrets.randbits(63)))

    def keep(self, cluster: Path, password: str) -> None:
        """Take a cluster that never ran as the seed, unless there is one or another process does the same.

        Raises OSError or `subprocess.SubprocessError`.
        """
        if not self._usable or not _is_writable(self._cache):
            return
        with _locked(self._cache) as is_ours:
            if not is_ours or self.exists:
                return
            self._remove_useless()
            made = self._cache / "new"
            made.mkdir(mode=0o700)
            _copy(cluster, made / "cluster")
            for segment in (made / "cluster" / "pg_wal").glob("?" * 24):
                segment.unlink()
            (made / "password").touch(mode=0o600)
            (made / "password").write_text(password)
            made.rename(self._path)

    def _remove_useless(self) -> None:
        """What a killed process left, and the seeds of an earlier start of the machine."""
        for path in self._cache.iterdir():
            if path.is_dir() and not path.name.startswith(f"{self._boot}."):
                shutil.rmtree(path)


def _digest(programs: Path, kind: Sequence[str]) -> str:
    """Another version of Postgres is another file."""
    program = (programs / "postgres").resolve()
    found = program.stat()
    parts = (str(program), str(found.st_size), str(found.st_mtime_ns), str(os.geteuid()), *kind)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", source, target], check=True, capture_output=True, timeout=_COPY_SECONDS)


def _is_writable(cache: Path) -> bool:
    nearest = next(path for path in (cache, *cache.parents) if path.exists())
    return os.access(nearest, os.W_OK | os.X_OK)


@contextmanager
def _locked(cache: Path) -> Iterator[bool]:
    """Whether this process has the cache for itself; no waiting, since whoever has it makes the same."""
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(cache / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
