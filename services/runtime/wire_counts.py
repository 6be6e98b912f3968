"""How many entries a request has on the wire, told before it is parsed.

Two bytes on the wire can become an object of two hundred: a list of empty messages in 4 MB took half a
second and 400 MB. So a large body is counted first: no list longer than its proto allows, and not too many
entries in all. The count stops at the first that is too many, and what is small is not entered.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from services.runtime.bounds import Bound
from services.runtime.errors import InvalidArgument, Violation

UNREADABLE = (
    "is no message of this method: its bytes cannot be read, or a text in it is not UTF-8; send what a"
    " library makes of the method's proto"
)

# A body or a part of one that cannot become large, whatever it is.
_SMALL_BYTES = 16 * 1024
_SMALL_PART_BYTES = 2 * 1024
# The most of a real request: 50,000 names of leads, or 1,000 leads with 50 attributes.
_MOST_ENTRIES = 64_000

_SEVEN_BITS, _LONGEST_VARINT_BITS = 0x7F, 70
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class _Counted:
    """A field that is a list, or has something inside."""

    name: str
    most: int | None
    inside: Descriptor | None


def refuse_crowds(body: bytes, descriptor: Descriptor) -> None:
    """Raises `InvalidArgument` for a body with a list that is longer than the rules of its proto allow."""
    if len(body) > _SMALL_BYTES:
        _Count(body).message(descriptor, 0, len(body), "")


class _Count:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._entries = 0

    def message(self, descriptor: Descriptor, at: int, end: int, prefix: str) -> None:
        """Counts the fields between two places."""
        body, fields = self._body, _counted(descriptor)
        seen: Counter[int] = Counter()
        while at < end:
            tag, at = _varint(body, at, end)
            number, kind = tag >> 3, tag & 7
            size = 0
            if kind == _BYTES:
                size, at = _varint(body, at, end)
            elif kind == _VARINT:
                _, at = _varint(body, at, end)
            elif kind == _FIXED64:
                size = 8
            elif kind == _FIXED32:
                size = 4
            else:
                raise _unreadable()
            if size > end - at:
                raise _unreadable()
            self._count_entry(prefix)
            field = fields.get(number)
            if field is not None:
                seen[number] += 1
                self._enter(field, seen[number], at, size, prefix)
            at += size

    def _count_entry(self, prefix: str) -> None:
        self._entries += 1
        if self._entries > _MOST_ENTRIES:
            text = f"has more than {_MOST_ENTRIES} fields and entries in all; send fewer at a time"
            raise InvalidArgument([Violation(prefix.rstrip(".") or "request", text)])

    def _enter(self, field: _Counted, count: int, at: int, size: int, prefix: str) -> None:
        path = prefix + field.name
        if field.most is not None and count > field.most:
            text = f"has more than {field.most} entries; send at most {field.most} at a time"
            raise InvalidArgument([Violation(path, text)])
        if field.inside is not None and size > _SMALL_PART_BYTES:
            inner = f"{path}." if field.most is None else f"{path}[{count - 1}]."
            self.message(field.inside, at, at + size, inner)


def _varint(body: bytes, at: int, end: int) -> tuple[int, int]:
    """The number at a place, and the place after it."""
    value = shift = 0
    while at < end and shift < _LONGEST_VARINT_BITS:
        byte = body[at]
        at += 1
        value |= (byte & _SEVEN_BITS) << shift
        if byte <= _SEVEN_BITS:
            return value, at
        shift += 7
    raise _unreadable()


def _unreadable() -> InvalidArgument:
    return InvalidArgument([Violation("request", UNREADABLE)])


# The descriptors of the protos: a caller adds none.
@lru_cache(maxsize=1024)
def _counted(descriptor: Descriptor) -> Mapping[int, _Counted]:
    return {
        each.number: _Counted(each.name, _most(each), each.message_type)
        for each in descriptor.fields
        if each.is_repeated or each.message_type is not None
    }


def _most(field: FieldDescriptor) -> int | None:
    return Bound.of(field).items if field.is_repeated else None
