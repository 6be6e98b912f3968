"""The devices of leased shards as typed calls."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.dispatch.devices.link import Link
from services.dispatch.policy import DeviceChange
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries, columns

SQL = Queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device of a leased shard; `idle_s` is the time since its last send.

    `repeatable`: whether its network knows a message by its id, by the schema's `can_repeat`; `traceable`:
    whether what became of an id can be found out, by `can_trace`. `jid`: what the
    network calls its link; `proxy`: sealed.
    """

    id: int
    shard: int
    transport: str
    repeatable: bool
    traceable: bool
    phone: str
    state: str
    reason: str
    jid: str
    proxy: bytes | None = field(repr=False)
    updated_at: datetime
    min_delay_s: float
    max_delay_s: float
    idle_s: float | None
    in_flight_id: int | None
    in_flight_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeviceMark:
    """A hold or a park to record, under the epoch of whoever saw its cause.

    A hold whose last one for the same reason was less than `again_s` ago parks. `is_of_client`: of no device,
    but of the client that its host runs.
    """

    device_id: int
    epoch: int
    state: str
    reason: str
    hold_s: float
    again_s: float
    ban_reason: str = ""
    is_of_client: bool = False

    @classmethod
    def of(cls, device_id: int, epoch: int, change: DeviceChange) -> "DeviceMark":
        """From what the policy says."""
        return cls(
            device_id,
            epoch,
            change.state,
            change.reason,
            change.hold_s,
            change.again_s,
            change.ban_reason,
            change.is_of_client,
        )

    def ids(self) -> dict[str, object]:
        """The ids by which the log names it."""
        return {"device_id": self.device_id}


@dataclass(frozen=True, slots=True)
class ChatsHeld:
    """The network refused that a device begins a chat by this message; `hold_s`: 0 where it did not say."""

    device_id: int
    epoch: int
    hold_s: float
    message_id: int
    scheduled_at: datetime

    def ids(self) -> dict[str, object]:
        """What names it in the log."""
        return {"device_id": self.device_id}


class DeviceStore:
    """Raises as `services.runtime.postgres.translated` says."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    async def change_devices(self, marks: Sequence[DeviceMark]) -> set[int]:
        """Records holds and parks; the devices that changed."""
        asked = columns(marks, "device_id", "epoch", "state", "reason", "hold_s", "again_s", "ban_reason")
        return {row["id"] for row in await self._postgres.fetch(SQL.change_devices, *asked)}

    async def hold_first_contacts(self, held: Sequence[ChatsHeld], hold_s: float) -> set[int]:
        """Holds the first contacts of devices, `hold_s` where nothing is said; those that changed."""
        asked = columns(held, "device_id", "epoch", "hold_s", "message_id", "scheduled_at")
        return {row["id"] for row in await self._postgres.fetch(SQL.hold_first_contacts, *asked, hold_s)}

    async def note_outdated(self, marks: Sequence[DeviceMark]) -> list[tuple[str, str]]:
        """The clients, as (transport, version), of which nobody knew that the network takes them no more."""
        rows = await self._postgres.fetch(SQL.note_outdated, *columns(marks, "device_id", "epoch"))
        return [(row["transport"], row["version"]) for row in rows]

    async def settle_outdated(self, shards: Sequence[int] | None) -> set[int]:
        """Holds the devices of these shards, or all, whose host's client is outdated, frees the others."""
        rows = await self._postgres.fetch(SQL.settle_outdated, None if shards is None else list(shards))
        return {row["id"] for row in rows}

    async def keep_links(self, links: Sequence[Link]) -> None:
        """Records the links of devices, one each."""
        await self._postgres.execute(SQL.keep_links, *columns(links, "device_id", "epoch", "state", "jid"))

    async def device_ids(self, shards: Sequence[int]) -> list[int]:
        """The ids of all devices of these shards."""
        return [row["id"] for row in await self._postgres.fetch(SQL.device_ids, list(shards))]

    async def devices(self, shards: Sequence[int], only: Sequence[int] | None = None) -> list[DeviceRow]:
        """All devices of these shards, or `only` these of them."""
        rows = await self._postgres.fetch(SQL.devices, list(shards), _listed(only))
        return [DeviceRow(**row) for row in rows]

    async def changed_devices(
        self,
        shards: Sequence[int],
        within_s: float,
        only: Sequence[int] | None = None,
        without: Collection[int] = (),
    ) -> list[DeviceRow]:
        """Those that are new or changed within so many seconds, or `only` these of them, `without` some."""
        rows = await self._postgres.fetch(
            SQL.changed_devices, list(shards), within_s, _listed(only), list(without)
        )
        return [DeviceRow(**row) for row in rows]


def _listed(devices: Sequence[int] | None) -> list[int] | None:
    return None if devices is None else list(devices)
