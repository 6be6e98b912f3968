"""Between Python's values and those of the protos: times, words of enums, bytes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf import duration_pb2, timestamp_pb2
from google.protobuf.message import Message


def timestamp(at: datetime | None) -> timestamp_pb2.Timestamp | None:
    """None stays None: the field is left unset."""
    if at is None:
        return None
    made = timestamp_pb2.Timestamp()
    made.FromDatetime(at)
    return made


def moment(value: timestamp_pb2.Timestamp) -> datetime:
    """Raises `ValueError` for what is no time, e.g. beyond the year 9999."""
    try:
        return value.ToDatetime(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error


def duration(value: timedelta) -> duration_pb2.Duration:
    """The same length of time."""
    made = duration_pb2.Duration()
    made.FromTimedelta(value)
    return made


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Since the beginning of 1970: exact, for cursors."""
    return (at - _EPOCH) // _MICROSECOND


def from_microseconds(count: int) -> datetime:
    """The moment so many microseconds after the beginning of 1970."""
    return _EPOCH + timedelta(microseconds=count)


def canonical(request: Message, *without: str) -> bytes:
    """The request as bytes that are the same for the same request, without some of its fields."""
    bare = type(request)()
    bare.CopyFrom(request)
    for name in without:
        bare.ClearField(name)
    return bytes(bare.SerializeToString(deterministic=True))


def word(kind: Any, value: Any, unset: str = "") -> str:
    """`ON_LATE_DROP` of the enum `kind` is `drop` in the database; `unset` stands for what is unspecified."""
    prefix = kind.Name(0).removesuffix("UNSPECIFIED")
    return str(kind.Name(value)).removeprefix(prefix).lower() if value else unset


def words(kind: Any) -> list[str]:
    """All words of an enum, in the order of the proto."""
    return [word(kind, value) for value in kind.values() if value]
