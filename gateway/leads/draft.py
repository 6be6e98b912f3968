"""A lead as a caller wants it, and as it is kept."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

_encoded = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Consent:
    """The evidence of a permission."""

    source: str
    wording: str
    granted_at: datetime


@dataclass(frozen=True)
class Draft:
    """A lead to create or update; `phone` in E.164, `device_id` None for the one it has or any."""

    phone: str
    display_name: str
    trigger: str
    device_id: int | None
    attributes: dict[str, str]
    consent: Consent | None
    language: str = ""
    timezone: str = ""

    @property
    def attributes_json(self) -> str:
        """As Postgres takes it."""
        return _encoded(self.attributes)

    @property
    def granted_at(self) -> datetime | None:
        """When the permission was given, if one was."""
        return self.consent.granted_at if self.consent else None

    def phone_hash(self, account_id: int) -> bytes:
        """What suppression knows this person by."""
        return hashlib.sha256(f"{account_id}:{self.phone}".encode()).digest()


@dataclass(frozen=True)
class Stored:
    """A lead with its newest permission."""

    id: int
    phone: str
    display_name: str
    trigger: str
    device_id: int
    attributes: dict[str, str]
    consent: Consent | None
    suppressed: bool
    created_at: datetime
    updated_at: datetime
    language: str = ""
    timezone: str = ""
