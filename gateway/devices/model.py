"""One linked number: what a caller may set of it, and how it is kept."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Settings:
    """What a caller may set of a device, again and again; `proxy` is sealed, None for none."""

    display_name: str
    min_delay: timedelta
    max_delay: timedelta
    daily_cap: int
    warmup_start: int
    warmup_growth: float
    first_contact_cap: int = 0
    label: str = ""
    proxy: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Draft:
    """A device to create; `phone` in E.164."""

    phone: str
    transport: str
    settings: Settings


@dataclass(frozen=True)
class Stored:
    """A device; `host` is empty while no shard host has its shard, both caps of today are 0 for no cap."""

    id: int
    phone: str
    transport: str
    settings: Settings
    state: str
    state_reason: str
    ban_reason: str
    link_state: str
    jid: str
    held_until: datetime | None
    shard: int
    version: int
    created_at: datetime
    last_sent_at: datetime | None
    host: str
    sent_today: int
    cap_today: int
    pending: int
    accepted: int
    undelivered: int
    first_contacts_held_until: datetime | None
    first_contacts_today: int
    first_contact_cap_today: int

    @property
    def name(self) -> str:
        """The resource name in the API."""
        return f"devices/{self.id}"
