"""Between Python's times and those of the protos."""

from datetime import UTC, datetime, timedelta

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
