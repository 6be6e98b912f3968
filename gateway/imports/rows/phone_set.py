"""The phone numbers that a file has had so far, 8 bytes of hash each.

A set of Python would take ten times the memory and stop the event loop while it grows: here a thousand
small tables grow one at a time. Two numbers share a hash once in 40 million files of a million rows.
"""

from array import array
from collections.abc import Iterable

_TABLES = 1024
_FIRST = 64


class PhoneSet:
    """Some 16 MB a million numbers."""

    def __init__(self) -> None:
        self._tables = [array("Q", bytes(8 * _FIRST)) for _ in range(_TABLES)]
        self._counts = [0] * _TABLES

    def add(self, phone_hash: bytes) -> bool:
        """Whether the number is new."""
        return self._add(int.from_bytes(phone_hash[:8], "little") or 1)

    def add_packed(self, hashes: bytes) -> None:
        """Adds the hashes that `packed` made."""
        for key in array("Q", hashes):
            self._add(key)

    def _add(self, key: int) -> bool:
        which = key % _TABLES
        table = self._tables[which]
        if not _put(table, key):
            return False
        self._counts[which] += 1
        if 2 * self._counts[which] > len(table):
            self._tables[which] = _doubled(table)
        return True


def packed(phone_hashes: Iterable[bytes]) -> bytes:
    """Hashes as Postgres keeps them, 8 bytes each."""
    return array("Q", (int.from_bytes(each[:8], "little") or 1 for each in phone_hashes)).tobytes()


def _put(table: "array[int]", key: int) -> bool:
    """Open addressing: the first free place after the key's own; False when it is there."""
    last = len(table) - 1
    at = (key // _TABLES) & last
    while table[at]:
        if table[at] == key:
            return False
        at = (at + 1) & last
    table[at] = key
    return True


def _doubled(table: "array[int]") -> "array[int]":
    larger = array("Q", bytes(16 * len(table)))
    for key in table:
        if key:
            _put(larger, key)
    return larger
