"""All that the digits of a number may mean: each way in which people and programs write one is a reading.

Nothing is chosen here. A number that has two valid readings is somebody's, and nobody can say whose.
"""

from typing import NamedTuple

from gateway.phones.plan import CodePlan, Kind, Plan, split
from services.consent.number_forms import canonical

_ABROAD = "00"


class Reading(NamedTuple):
    """A valid number in E.164. `is_explicit`: its country or the prefix inside the country was written."""

    number: str
    kind: Kind
    is_explicit: bool


def international(digits: str) -> list[Reading]:
    """Of digits behind `+`, or behind what is dialled before a country code."""
    # `+0060…`: a program put the sign before what had one already.
    found = split(digits.removeprefix(_ABROAD))
    if found is None:
        return []
    plan, rest = found
    readings = _with_code(plan, rest)
    # The code twice, as a program writes it that adds one to every number.
    again = rest.removeprefix(_ABROAD)
    if again.startswith(plan.code):
        readings += _with_code(plan, again[len(plan.code) :])
    return readings


def _with_code(plan: CodePlan, rest: str) -> list[Reading]:
    """With and without what is dialled inside the country only."""
    written = (rest, plan.main.stripped(rest))
    found = [_reading(plan, national, is_explicit=True) for national in written if national]
    return [reading for reading in found if reading]


def _reading(plan: CodePlan, national: str, *, is_explicit: bool) -> Reading | None:
    """In the form that is valid today, where the number has others (services.consent.number_forms)."""
    written = f"+{plan.code}{national}"
    number = canonical(written)
    if number != written and (today := split(number[1:])):
        plan, national = today
    kind = plan.kind(national)
    return Reading(number, kind, is_explicit) if kind else None


def local(digits: str, home: Plan, code: CodePlan) -> list[Reading]:
    """Of digits without `+` in a list of the country of `home`."""
    readings: list[Reading] = []
    inside = home.stripped(digits)
    for national, is_explicit in ((digits, False), (inside, True)):
        if not national:
            continue
        reading = _reading(code, national, is_explicit=is_explicit)
        if reading:
            readings.append(reading)
        # A number that lacks the prefix its country writes has lost it in a sheet, or is another country's:
        # no reason to take it for the other one's, but one to doubt.
        is_doubtful = home.writes_prefix and inside is None and reading and reading.kind is Kind.MOBILE
        if is_doubtful or national.startswith(code.code):
            readings += international(national)
    if abroad := home.abroad.match(digits):
        readings += international(digits[abroad.end() :])
    # What most of the world dials before a country code, also where something else is dialled.
    if digits.startswith(_ABROAD):
        readings += international(digits.removeprefix(_ABROAD))
        # Or a zero stands before a number that begins with one, as in Gabon.
        if zero := _reading(code, digits[1:], is_explicit=False):
            readings.append(zero)
    return readings
