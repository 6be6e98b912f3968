"""The public holidays of regions, computed beside the event loop."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from gateway.holidays.regions import resolved
from services.runtime.errors import InvalidArgument, Violation

# This year and the two that follow.
_YEARS_AHEAD = 2
_NAME_LENGTH = 200


@dataclass(frozen=True)
class Holiday:
    """One day in one region; `is_estimated`: it follows the moon and is announced shortly before."""

    region: str
    day: date
    name: str
    is_estimated: bool


@dataclass(frozen=True)
class Calendars:
    """Regions by their codes, with their holidays from `first` on."""

    regions: Sequence[str]
    first: date
    holidays: Sequence[Holiday]

    @classmethod
    def none(cls) -> "Calendars":
        """Of no region."""
        return cls((), date.min, ())

    @classmethod
    def of(cls, written: Sequence[str], field: str = "") -> "Calendars":
        """A tenth of a second for the first region. Raises `InvalidArgument` with the place in `field`."""
        regions, wrong = [], []
        for index, each in enumerate(written):
            try:
                regions.append(resolved(each))
            except ValueError as error:
                wrong.append(Violation(f"{field}[{index}]", str(error)))
        if wrong:
            raise InvalidArgument(wrong)
        today = datetime.now(UTC).date()
        # Somewhere it is still yesterday.
        first = today - timedelta(days=2)
        years = range(first.year, today.year + _YEARS_AHEAD + 1)
        unique = tuple(dict.fromkeys(regions))
        found = (one for region in sorted(unique) for one in holidays_of(region, years))
        return cls(unique, first, [one for one in found if one.day >= first])


def holidays_of(region: str, years: Iterable[int]) -> list[Holiday]:
    """In order, with their names in the country's own language."""
    from holidays import country_holidays  # noqa: PLC0415 - heavy

    country, _, part = region.partition("-")
    language = country_holidays(country).default_language
    found = country_holidays(country, subdiv=part or None, years=list(years), language=language)
    # What the package writes around the name of a day that is an estimate, in that language.
    labels = [getattr(found, name, None) for name in ("estimated_label", "observed_estimated_label")]
    marks = [found.tr(label).rpartition("%s")[2] for label in labels if label]
    made = []
    for day, name in sorted(found.items()):
        mark = next((mark for mark in marks if mark and mark in name), "")
        plain = name.replace(mark, "") if mark else name
        made.append(Holiday(region, day, plain[:_NAME_LENGTH], bool(mark)))
    return made
