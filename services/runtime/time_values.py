"""Timestamps and durations that are none: the wire carries more than a calendar or a clock has.

They are refused before anything else looks at a request, because whatever computes with them fails: the rules
of the protos, Python, Postgres.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from google.protobuf import duration_pb2, timestamp_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from services.runtime.errors import Violation

_FIRST_S, _LAST_S = -62_135_596_800, 253_402_300_799
_LONGEST_S = 315_576_000_000
_LAST_NANO = 999_999_999
_TIMESTAMP, _DURATION = "google.protobuf.Timestamp", "google.protobuf.Duration"

_NO_MOMENT = "is no time between the years 1 and 9999; send seconds since 1970 and nanos"
_NO_LENGTH = (
    "is no length of time; send at most 10,000 years of seconds, and nanos of the same sign, below 10^9"
)


def impossible_times(message: Message, prefix: str = "") -> Iterator[Violation]:
    """One violation for each timestamp or duration in a message, however deep, that is none."""
    for field in _with_times(message.DESCRIPTOR):
        for place, value in _values(message, field):
            path = f"{prefix}{field.name}{place}"
            name = value.DESCRIPTOR.full_name
            if name == _TIMESTAMP:
                if not _is_moment(value):
                    yield Violation(path, _NO_MOMENT)
            elif name == _DURATION:
                if not _is_length(value):
                    yield Violation(path, _NO_LENGTH)
            else:
                yield from impossible_times(value, f"{path}.")


def _is_moment(value: timestamp_pb2.Timestamp) -> bool:
    return _FIRST_S <= value.seconds <= _LAST_S and 0 <= value.nanos <= _LAST_NANO


def _is_length(value: duration_pb2.Duration) -> bool:
    is_of_one_sign = value.seconds == 0 or value.nanos == 0 or (value.seconds > 0) == (value.nanos > 0)
    return abs(value.seconds) <= _LONGEST_S and abs(value.nanos) <= _LAST_NANO and is_of_one_sign


def _values(message: Message, field: FieldDescriptor) -> Iterator[tuple[str, Any]]:
    value = getattr(message, field.name)
    if not field.is_repeated:
        if message.HasField(field.name):
            yield "", value
    elif _is_map(field):
        yield from ((f"[{key}]", value[key]) for key in value)
    else:
        yield from ((f"[{index}]", element) for index, element in enumerate(value))


# The descriptors of the protos: a caller adds none.
@lru_cache(maxsize=1024)
def _with_times(descriptor: Descriptor) -> tuple[FieldDescriptor, ...]:
    """The fields of a message below which a time can be."""
    return tuple(field for field in descriptor.fields if _leads_to_time(field, frozenset()))


def _leads_to_time(field: FieldDescriptor, seen: frozenset[str]) -> bool:
    kind = _of_map(field) if _is_map(field) else field.message_type
    if kind is None or kind.full_name in seen:
        return False
    if kind.full_name in (_TIMESTAMP, _DURATION):
        return True
    return any(_leads_to_time(each, seen | {kind.full_name}) for each in kind.fields)


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def _of_map(field: FieldDescriptor) -> Descriptor | None:
    entry = field.message_type
    return None if entry is None else entry.fields_by_name["value"].message_type
