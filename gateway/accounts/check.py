"""Pure: what is wrong with an account as a caller wrote it."""

from collections.abc import Iterator, Sequence
from datetime import date

from gateway.checking import check_name
from gateway.phones.check import check_country
from gateway.resource import UpdateMask
from gateway.wording.check import check_literal, check_wording
from kompang.v1 import accounts_pb2 as pb
from services.consent.words import folded
from services.runtime.errors import Violation

# The fields that update_mask may name; an empty mask names those of them that the request sets.
FIELDS = (
    "display_name",
    "timezone",
    "language",
    "country",
    "wording",
    "quiet_hours",
    "frequency_cap",
    "stop_words",
    "start_words",
    "stop_confirmation",
    "quiet_weekdays",
    "holiday_regions",
    "days",
)

MASK = UpdateMask(
    FIELDS,
    kept_as={"quiet_hours": ("quiet_from", "quiet_until"), "frequency_cap": ("daily_cap", "weekly_cap")},
)

_WEEK = 7
# As in GetAccount; here the proto cannot say it, since responses have the name without the hyphen.
_NAME = "^accounts/(-|[a-z][a-z0-9-]{0,62})$"


def check_update(request: pb.UpdateAccountRequest) -> list[Violation]:
    """The rules that code knows for UpdateAccount."""
    found = list(MASK.check(request.update_mask.paths))
    found += check_name("account.name", request.account.name, _NAME)
    quiet = request.account.quiet_hours
    if quiet.start and quiet.start == quiet.end:
        text = "is the same as start; leave quiet_hours out for none, or pause what should not be sent"
        found.append(Violation("account.quiet_hours.end", text))
    found += _check_quiet_days(request.account)
    found += _check_words("account.stop_words", request.account.stop_words)
    found += _check_words("account.start_words", request.account.start_words)
    found += check_literal("account.stop_confirmation", request.account.stop_confirmation)
    found += check_country("account.country", request.account.country)
    return found + list(check_wording("account.wording", request.account.wording))


def _check_quiet_days(account: pb.Account) -> Iterator[Violation]:
    if len({*account.quiet_weekdays}) == _WEEK:
        text = "has all seven days, so nobody would be written to; leave one out, or pause what is not to go"
        yield Violation("account.quiet_weekdays", text)
    seen: set[str] = set()
    for index, one in enumerate(account.days):
        field = f"account.days[{index}].date"
        try:
            date.fromisoformat(one.date)
        except ValueError:
            yield Violation(field, f"'{one.date}' is no day; write it like 2026-12-24")
        if one.date in seen:
            yield Violation(field, f"{one.date} stands there twice; leave one out")
        seen.add(one.date)


def _check_words(field: str, words: Sequence[str]) -> Iterator[Violation]:
    for index, word in enumerate(words):
        if not folded(word):
            text = (
                "is no word: nothing of it counts, or it is longer than 64 characters; use letters or digits"
            )
            yield Violation(f"{field}[{index}]", text)
