"""When a campaign begins: a moment, or a local time in a zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway import wire
from gateway.campaigns.store import CampaignStore
from gateway.zones.misleading import misleading
from gateway.zones.store import UNKNOWN_ZONE
from services.runtime.errors import InvalidArgument, Violation

# A start that was meant to be now may be a little late.
_SLACK = timedelta(minutes=1)
_FURTHEST = timedelta(days=366)


@dataclass(frozen=True)
class Start:
    """A moment, None for now; and the zone it was said in, if any."""

    at: datetime | None = None
    timezone: str = ""


async def resolve(request: Any, store: CampaignStore) -> Start:
    """The start that a request names. Raises `InvalidArgument` for a time that is none, past, or too far."""
    kind = request.WhichOneof("start")
    if kind is None:
        return Start()
    if kind == "start_time":
        return Start(_bounded("start_time", wire.moment(request.start_time)))
    given = request.local_start_time
    field = "local_start_time.date_time"
    try:
        local = datetime.fromisoformat(given.date_time)
    except ValueError:
        raise _wrong(field, f"'{given.date_time}' is no time; write it like 2026-12-01T09:00:00") from None
    if text := misleading(given.timezone):
        raise _wrong("local_start_time.timezone", text)
    found = await store.local_moment(local, given.timezone)
    if found is None:
        raise _wrong("local_start_time.timezone", UNKNOWN_ZONE)
    if found.moment is None:
        text = f"the clocks of {given.timezone} leave {given.date_time} out; choose another time"
        raise _wrong(field, text)
    if found.is_twice:
        text = f"the clocks of {given.timezone} show {given.date_time} twice; give start_time instead"
        raise _wrong(field, text)
    return Start(_bounded(field, found.moment), given.timezone)


def _bounded(field: str, at: datetime) -> datetime:
    now = datetime.now(UTC)
    if at < now - _SLACK:
        raise _wrong(field, "is past; choose a time to come, or leave it out to begin now")
    if at > now + _FURTHEST:
        raise _wrong(field, f"is more than {_FURTHEST.days} days ahead; choose an earlier one")
    return at


def _wrong(field: str, text: str) -> InvalidArgument:
    return InvalidArgument([Violation(field, text)])
