"""An account between the public API and how it is kept."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time

from gateway import wire
from gateway.accounts.check import MASK
from gateway.accounts.model import Draft, Guards, OwnDay, QuietDay, Stored
from gateway.resource import etag
from gateway.wording.convert import wording_of, wording_shown
from kompang.v1 import accounts_pb2 as pb
from services.consent.words import folded
from services.content.hygiene import clean

_WEEKDAYS = tuple(pb.Weekday.Name(number) for number in range(1, 8))


def to_proto(stored: Stored) -> pb.Account:
    """A stored account as the public API shows it."""
    draft = stored.draft
    return pb.Account(
        name=stored.name,
        display_name=draft.display_name,
        timezone=draft.timezone,
        language=draft.language,
        country=draft.country,
        wording=wording_shown(draft.wording),
        quiet_hours=_quiet_hours(draft.guards),
        frequency_cap=pb.FrequencyCap(per_day=draft.guards.daily_cap, per_week=draft.guards.weekly_cap),
        stop_words=draft.stop_words,
        start_words=draft.start_words,
        stop_confirmation=draft.stop_confirmation,
        quiet_weekdays=[name for place, name in enumerate(_WEEKDAYS) if draft.quiet_weekdays >> place & 1],
        holiday_regions=draft.holiday_regions,
        days=[
            pb.AccountDay(date=one.day.isoformat(), display_name=one.name, working=not one.is_quiet)
            for one in draft.days
        ],
        quiet_days=map(quiet_day, stored.quiet_days),
        etag=etag(stored),
        create_time=wire.timestamp(stored.created_at),
    )


def merged(before: Draft, request: pb.UpdateAccountRequest, regions: Sequence[str]) -> Draft:
    """The draft that an update asks for; `regions`: those of its holidays, by their codes."""
    named = MASK.named(request.update_mask.paths, request.account)
    given = replace(_draft(request.account), holiday_regions=tuple(regions))
    guards = MASK.merged(before.guards, given.guards, named)
    return replace(MASK.merged(before, given, named), guards=guards)


def _draft(account: pb.Account) -> Draft:
    return Draft(
        display_name=account.display_name,
        timezone=account.timezone or "UTC",
        language=account.language,
        country=account.country,
        wording=wording_of(account.wording),
        guards=_guards(account),
        stop_words=_words(account.stop_words),
        start_words=_words(account.start_words),
        stop_confirmation=clean(account.stop_confirmation).strip(),
        quiet_weekdays=sum(1 << (day - pb.WEEKDAY_MONDAY) for day in {*account.quiet_weekdays}),
        days=tuple(
            OwnDay(date.fromisoformat(one.date), clean(one.display_name).strip(), not one.working)
            for one in sorted(account.days, key=lambda one: one.date)
        ),
    )


def _guards(account: pb.Account) -> Guards:
    cap = account.frequency_cap
    if not account.HasField("quiet_hours"):
        return Guards(None, None, cap.per_day, cap.per_week)
    begins, ends = (time.fromisoformat(each) for each in (account.quiet_hours.start, account.quiet_hours.end))
    return Guards(begins, ends, cap.per_day, cap.per_week)


def _quiet_hours(guards: Guards) -> pb.QuietHours | None:
    """None: the field is left unset."""
    if guards.quiet_from is None or guards.quiet_until is None:
        return None
    return pb.QuietHours(start=f"{guards.quiet_from:%H:%M}", end=f"{guards.quiet_until:%H:%M}")


def _words(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folded(word) for word in given))


def quiet_day(day: QuietDay) -> pb.QuietDay:
    """A day on which nobody is written to, as the API shows it."""
    return pb.QuietDay(
        date=day.day.isoformat(),
        display_name=day.name,
        holiday_region=day.region,
        estimated=day.is_estimated,
    )
