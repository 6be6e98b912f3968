"""Exports of other systems, as `lists/exports.txt` has them."""

from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).with_name("lists") / "exports.txt"


class Export(NamedTuple):
    """`rows`: what each person said, as a sign, and the cells."""

    system: str
    titles: str
    rows: tuple[tuple[str, str], ...]


def _export(part: str) -> Export:
    system, titles, *rows = part.strip().splitlines()
    return Export(system.removeprefix("# "), titles, tuple((row[0], row[2:]) for row in rows))


EXPORTS = [_export(part) for part in _FILE.read_text(encoding="utf-8").split("\n\n")[1:]]
