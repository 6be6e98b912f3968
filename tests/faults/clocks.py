"""Wall clocks of processes, set forwards and back while they run.

By libfaketime: LIBFAKETIME names it, or a distribution has installed it, or its package is fetched as
Consul's is. Where there is none, by a module around the process (`tests.faults.stepped`).
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from infra.local.errors import MissingBinary
from infra.local.packages.package import Package
from tests.faults import stepped

CACHE = Path(__file__).parents[2] / ".cache" / "faketime"

_PLACES = ("/usr/lib", "/usr/local/lib", "/usr/lib64")
# For programs with threads.
_NAME = "libfaketimeMT.so.1"
_PACKAGE = Package("libfaketime", f"usr/lib/*/faketime/{_NAME}")
# libfaketime reads its file again so often, in seconds.
LATE_S = 1


@dataclass(frozen=True)
class Clocks:
    """`step()` sets the clock of a process that was started with its `environment()` and with `modules`."""

    folder: Path
    library: Path | None

    @property
    def by(self) -> str:
        """What moves the clocks."""
        return "libfaketime" if self.library else "a module around the host"

    @property
    def modules(self) -> dict[str, tuple[str, ...]]:
        """For `Mesh(modules=…)`."""
        return {} if self.library else {"host": (stepped.__name__, "shardhost")}

    def environment(self, name: str) -> Mapping[str, str]:
        """What the process is started with; its clock is right until it is stepped."""
        self.step(name, 0)
        file = str(self.folder / name)
        if self.library is None:
            return {stepped.VARIABLE: file}
        return {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": file,
            "FAKETIME_CACHE_DURATION": str(LATE_S),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def step(self, name: str, seconds: int) -> None:
        """Let it be so many seconds ahead of the truth from now on, at most `LATE_S` later."""
        new = self.folder / f"{name}.new"
        new.write_text(f"{seconds:+d}\n")
        new.replace(self.folder / name)


@contextmanager
def clocks() -> Iterator[Clocks]:
    """The best way that this machine has."""
    with tempfile.TemporaryDirectory(prefix="kompang-clocks-") as folder:
        yield Clocks(Path(folder), _library())


def latest_off_s(log_path: Path) -> float:
    """By how much the clock was ahead that dated the last line of a log, to some seconds."""
    latest = json.loads(log_path.read_text().splitlines()[-1])
    return datetime.fromisoformat(latest["time"]).timestamp() - log_path.stat().st_mtime


def _library() -> Path | None:
    if told := os.environ.get("LIBFAKETIME"):
        return Path(told)
    installed = [found for place in _PLACES for found in Path(place).glob(f"**/{_NAME}")]
    if installed:
        return installed[0]
    try:
        return _PACKAGE.fetched(CACHE)
    except MissingBinary:
        return None
