"""One record of the journal, and its line in a file. Pure.

A line is a CRC-32 and a JSON object, so that people can read it with what every machine has, and a line that
was torn or damaged is found. No number and no text is in it: a person is the hash that suppression knows.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Kind = Literal[
    "opened", "gap", "stop", "perhaps", "start", "suppress", "confirm", "erase", "import", "undo", "refuse"
]
"""`opened`: the journal goes on from here; `gap`: since this moment something could not be written.

`confirm`: a person decided that a `perhaps` was a stop.

`import`: what a list has suppressed, people by people; `undo`: that the list was taken back; `refuse`: who
said no in a list and had given no permission.
"""

_DIGITS = 8
KINDS: frozenset[Kind] = frozenset(get_args(Kind))
# Of one record of a list, so that its line stays short.
_MOST_PEOPLE = 40


@dataclass(frozen=True, slots=True)
class Record:
    """An empty field does not apply. `at` is the database's time where the database was asked."""

    kind: Kind
    at: datetime
    account_id: int = 0
    phone_hash: bytes = b""
    device_id: int = 0
    # The network's id of the text: the same word counts once, however often it is replayed.
    inbound_id: str = ""
    lead_id: int = 0
    reason: str = ""
    # Of an import: its `request_id`, which no other import has, also where a database gives ids again.
    request_id: str = ""
    # Of an `import` and a `refuse`, in place of `phone_hash`.
    people: tuple[bytes, ...] = ()


def of_import(
    at: datetime,
    account_id: int,
    request_id: str,
    hashes: Sequence[bytes],
    kind: Literal["import", "refuse"] = "import",
) -> list[Record]:
    """What a list has suppressed, or who said no in it, some people a record."""
    return [
        Record(
            kind,
            at,
            account_id,
            request_id=request_id,
            people=tuple(hashes[first : first + _MOST_PEOPLE]),
        )
        for first in range(0, len(hashes), _MOST_PEOPLE)
    ]


def line(record: Record) -> bytes:
    """With its end."""
    values = {
        "kind": record.kind,
        "at": record.at.isoformat(),
        "account": record.account_id,
        "person": record.phone_hash.hex(),
        "device": record.device_id,
        "inbound": record.inbound_id,
        "lead": record.lead_id,
        "reason": record.reason,
        "request": record.request_id,
        "people": [each.hex() for each in record.people],
    }
    text = json.dumps({key: value for key, value in values.items() if value}, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def parsed(text: bytes) -> Record | None:
    """None for a line that is torn, damaged, or of another version."""
    checksum, _, body = text.rstrip(b"\n").partition(b" ")
    if len(checksum) != _DIGITS or b"%08x" % zlib.crc32(body) != checksum:
        return None
    try:
        values = json.loads(body)
        kind, at = values["kind"], datetime.fromisoformat(values["at"])
        if kind not in KINDS or at.tzinfo is None:
            return None
        return Record(
            kind,
            at,
            int(values.get("account", 0)),
            bytes.fromhex(values.get("person", "")),
            int(values.get("device", 0)),
            str(values.get("inbound", "")),
            int(values.get("lead", 0)),
            str(values.get("reason", "")),
            str(values.get("request", "")),
            tuple(map(bytes.fromhex, values.get("people", ()))),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return None
