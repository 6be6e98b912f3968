"""Pure: a receipt as a host wrote it, checked, so that it can be recorded.

A host may be of another version, or broken. What is out of range here would be refused by the database, and
with it the receipts of other devices in the same statement.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.receipts.store import Receipt
from services.message.state import MessageState

_MOST_DEVICES = 2**31 - 1
_LONGEST_ID = 64
# As the database draws ids; some networks' own clients draw the same.
_OURS = re.compile(r"3EB0[0-9A-F]{18}")
_KINDS = {pb.Receipt.KIND_DELIVERED: MessageState.DELIVERED, pb.Receipt.KIND_READ: MessageState.READ}
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
# The year 2200: later is no time of a receipt, and too far for some calendars.
_LATEST_US = 7_258_118_400_000_000


def read(receipt: pb.Receipt) -> Receipt:
    """Raises `ValueError` for one that can be of no message."""
    if not 0 < receipt.device_id <= _MOST_DEVICES:
        raise ValueError("an id out of range")
    kind = _KINDS.get(receipt.kind)
    if kind is None:
        raise ValueError("a kind that this version does not know")
    if not (0 < len(receipt.wire_id) <= _LONGEST_ID and receipt.wire_id.isalnum()):
        raise ValueError("no id of the wire")
    return Receipt(receipt.device_id, receipt.wire_id, kind, _time(receipt.at_us))


def is_ours(wire_id: str) -> bool:
    """Whether it has the shape of our ids; what a host gives is else anything, a number too."""
    return _OURS.fullmatch(wire_id) is not None


def merged(receipts: Iterable[Receipt]) -> list[Receipt]:
    """One receipt a message: what was opened has arrived, whichever is told first."""
    latest: dict[tuple[int, str], Receipt] = {}
    for receipt in receipts:
        key = receipt.device_id, receipt.wire_id
        if key not in latest or receipt.kind is MessageState.READ:
            latest[key] = receipt
    return list(latest.values())


def _time(at_us: int) -> datetime | None:
    return _BEGIN + timedelta(microseconds=at_us) if 0 < at_us <= _LATEST_US else None
