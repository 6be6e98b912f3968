"""What the rows of a file may refer to in their account: sequences' triggers, devices, time zones."""

import zoneinfo
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from gateway.imports.cells.phone import read_phone
from gateway.imports.errors import RowError
from gateway.phones import Notation
from gateway.zones.store import refusal
from services.consent.phone_hash import PhoneHashes

_SHOWN = 5


@dataclass(frozen=True)
class Account:
    """`triggers` and `devices`: as people write them -> as they are stored. `zones`: those Postgres knows.

    `hashes`: what a suppression knows its people by.
    """

    id: int
    zone: zoneinfo.ZoneInfo
    triggers: Mapping[str, str]
    devices: Mapping[str, int]
    zones: frozenset[str]
    hashes: PhoneHashes
    country: str = ""

    @classmethod
    def of(
        cls,
        account_id: int,
        zone: zoneinfo.ZoneInfo,
        triggers: Sequence[str],
        devices: Mapping[str, int],
        zones: frozenset[str],
        hashes: PhoneHashes,
        country: str = "",
    ) -> Self:
        """A trigger in another case is meant too, unless two differ in nothing else."""
        folded = Counter(trigger.casefold() for trigger in triggers)
        meant = {each.casefold(): each for each in triggers if folded[each.casefold()] == 1}
        by_name = meant | {each: each for each in triggers}
        return cls(account_id, zone, by_name, devices, zones, hashes, country)

    def trigger(self, written: str) -> str:
        """The trigger that a cell names. Raises `RowError`."""
        trigger = self.triggers.get(written) or self.triggers.get(written.casefold())
        if not trigger:
            there_are = ", ".join(sorted(set(self.triggers.values()))[:_SHOWN]) or "none yet"
            raise RowError(
                "UNKNOWN_TRIGGER", f"trigger: no sequence listens for it; correct it (there are: {there_are})"
            )
        return trigger

    def device(self, written: str, notation: Notation) -> int:
        """The device that a cell names, or whose number it is. Raises `RowError`."""
        device = self.devices.get(written.removeprefix("devices/")) or self._by_phone(written, notation)
        if device is None:
            raise RowError(
                "UNKNOWN_DEVICE",
                "device: the account has no such device; correct the name or number, or leave the cell empty",
            )
        return device

    def _by_phone(self, written: str, notation: Notation) -> int | None:
        try:
            return self.devices.get(read_phone(written, notation))
        except RowError:
            return None

    def timezone(self, written: str) -> str:
        """The time zone of a cell, empty for an empty one. Raises `RowError`."""
        if written and (text := refusal(written, self.zones, self.country)):
            raise RowError("TIMEZONE", f"timezone: {text}; or leave it empty")
        return written
