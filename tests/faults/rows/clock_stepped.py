"""Row 10: the wall clocks of two hosts are ten minutes off, one ahead and one behind (libfaketime)."""

import json
import os
import random
from datetime import datetime
from pathlib import Path

from infra.local.reconcile import reconcile
from tests.faults.scene import scene
from tests.faults.verdict import Fell, NotAvailable

_LOAD_S = 20.0
_OFF_S = 600.0
_PLACES = ("/usr/lib", "/usr/local/lib", "/usr/lib64")
# For programs with threads.
_NAME = "libfaketimeMT.so.1"
_OFF = {"host-1": "+10m", "host-2": "-10m"}


async def run(draw: random.Random) -> str:
    """Due times are the database's and gaps the monotonic clock's, so nothing changes. Raises Fell."""
    library = _library()
    async with scene(
        draw, overrides={name: _environment(library, off) for name, off in _OFF.items()}
    ) as stage:
        await stage.pause(_LOAD_S)
        if _off_s(stage.mesh.log_path / "host-1.log") < _OFF_S / 2:
            raise Fell("the clock of host-1 was not moved: the row shows nothing")
        accepted = await stage.finish()
        records, ledger, _ = await stage.evidence()
        early = await stage.owner.value("SELECT count(*) FROM message WHERE sent_at < scheduled_at")
        if early:
            raise Fell(f"{early} messages were sent before they were due")
        unsent = len(records.messages) - reconcile(records, ledger).sent
    return f"{accepted} sends with clocks ten minutes off, none early; {unsent} suppressed"


def _off_s(log_path: Path) -> float:
    """By how much the first line of a log is later than the file's last change."""
    first = json.loads(log_path.read_text().splitlines()[0])
    return datetime.fromisoformat(first["time"]).timestamp() - log_path.stat().st_mtime


def _environment(library: Path, off: str) -> dict[str, str]:
    return {"LD_PRELOAD": str(library), "FAKETIME": off, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def _library() -> Path:
    """LIBFAKETIME, or where distributions put it. Raises NotAvailable."""
    told = os.environ.get("LIBFAKETIME")
    places = (
        [Path(told)] if told else [found for place in _PLACES for found in Path(place).glob(f"**/{_NAME}")]
    )
    for place in places:
        if place.is_file():
            return place
    raise NotAvailable("no libfaketime (LIBFAKETIME names it)")
