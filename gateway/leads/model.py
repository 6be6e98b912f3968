"""A lead as a caller wants it, as a bulk write takes it, and as it is stored."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

from services.consent.phone_hash import PhoneHashes

MAX_ATTRIBUTES = 50
MAX_CONSENT_BYTES = 2600
"""Of source and wording together, in UTF-8: more does not fit the index by which evidence is kept once."""

CONSENT_TOO_LONG = f"is too long; source and wording together may have {MAX_CONSENT_BYTES:,} bytes in UTF-8"

_quoted = json.encoder.encode_basestring


@dataclass(frozen=True)
class Consent:
    """The evidence of a permission."""

    source: str
    wording: str
    granted_at: datetime


def is_consent_too_long(source: str, wording: str) -> bool:
    """Whether both together have more than `MAX_CONSENT_BYTES`."""
    return len(source.encode()) + len(wording.encode()) > MAX_CONSENT_BYTES


class Draft(NamedTuple):
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
    def granted_at(self) -> datetime | None:
        """When the permission was given, if one was."""
        return self.consent.granted_at if self.consent else None


class Entry(NamedTuple):
    """A draft for a bulk write, with what several statements need of it computed once.

    `hashes`: what a suppression knows the person by, the newest first. `is_undated`: nobody said when the
    permission was given, so its time is that of the call, and the same words again are no new evidence.
    `is_own`: the permission is of this very person, not of a whole file. `refused_by`: where the person said
    no, `opted_out`: where not to be contacted at all; each is empty for no such word.
    """

    draft: Draft
    hashes: Sequence[bytes]
    attributes_json: str
    is_undated: bool = False
    is_own: bool = True
    refused_by: str = ""
    opted_out: str = ""

    @classmethod
    def of(
        cls,
        account_id: int,
        draft: Draft,
        hashes: PhoneHashes,
        *,
        is_undated: bool = False,
        is_own: bool = True,
        refused_by: str = "",
        opted_out: str = "",
    ) -> Self:
        """The entry of one draft of an account."""
        forms = hashes.forms(account_id, draft.phone)
        return cls(draft, forms, attributes_json(draft.attributes), is_undated, is_own, refused_by, opted_out)

    @property
    def is_refused(self) -> bool:
        """Whether the person said no."""
        return bool(self.refused_by)

    @property
    def phone_hash(self) -> bytes:
        """The hash that a new lead gets."""
        return self.hashes[0]


def attributes_json(attributes: Mapping[str, str]) -> str:
    """As `json.dumps` gives it, letters unescaped. That makes an encoder each time."""
    return f"{{{', '.join([f'{_quoted(key)}: {_quoted(value)}' for key, value in attributes.items()])}}}"


@dataclass(frozen=True)
class Stored:
    """A lead with its newest permission; `lid` and `network_phone`: what the network knows the person by."""

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
    lid: str = ""
    former_lids: tuple[str, ...] = ()
    network_phone: str = ""
    refused_at: datetime | None = None
    # Since when the suppression waits for somebody to decide.
    doubted_at: datetime | None = None
