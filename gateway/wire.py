"""Between Python's values and those of the protos: times, and the words of enums."""

from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf import duration_pb2, timestamp_pb2


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


def word(kind: Any, value: Any, unset: str = "") -> str:
    """`ON_LATE_DROP` of the enum `kind` is `drop` in the database; `unset` stands for what is unspecified."""
    prefix = kind.Name(0).removesuffix("UNSPECIFIED")
    return str(kind.Name(value)).removeprefix(prefix).lower() if value else unset


def words(kind: Any) -> list[str]:
    """All words of an enum, in the order of the proto."""
    return [word(kind, value) for value in kind.values() if value]
