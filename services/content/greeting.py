"""The beginning of a text: one of several greetings, by weight, language and time of day.

Which greetings may be used is decided in this order, and the first that finds any decides:

1. those in the lead's language: equal primary tags of BCP 47, so `zh-TW` finds `zh-Hant`
2. those without a language
3. those in any language, for a lead whose language is not known
4. none: the text begins with its body

In each, only greetings for this time of day and for any count, and one is picked by weight. The periods,
by the hour on the lead's clock: morning 5 to 11, afternoon 12 to 17, evening 18 to 4. Of a lead whose
clock is not known only greetings for any time count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from services.content.template import Template

MAX_GREETINGS = 50
MAX_WEIGHT = 1_000_000

_MORNING, _NOON, _EVENING = 5, 12, 18


class Period(Enum):
    """A time of day."""

    ANY = "any"
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


@dataclass(frozen=True)
class Greeting:
    """A template with the weight it has among those that fit, its language (empty: any) and time of day."""

    template: Template
    weight: int = 1
    language: str = ""
    period: Period = Period.ANY

    def __post_init__(self) -> None:
        if not 0 < self.weight <= MAX_WEIGHT:
            raise ValueError(f"a weight of {self.weight}; it is 1 to {MAX_WEIGHT:,}")


def period_at(hour: int | None) -> Period:
    """The time of day at an hour of 0 to 23; ANY when the lead's clock is not known."""
    if hour is None:
        return Period.ANY
    if _MORNING <= hour < _NOON:
        return Period.MORNING
    return Period.AFTERNOON if _NOON <= hour < _EVENING else Period.EVENING


def primary(language: str) -> str:
    """The primary tag: `zh` for `zh-Hant-TW` and `zh_TW`."""
    return language.replace("_", "-").partition("-")[0].strip().lower()


def fitting(greetings: Iterable[Greeting], language: str, period: Period) -> Sequence[Greeting]:
    """The greetings to pick from, in their order, for a lead's primary tag (empty: not known)."""
    timely = [each for each in greetings if each.period in (Period.ANY, period)]
    of_language = [each for each in timely if language and primary(each.language) == language]
    return of_language or [each for each in timely if not each.language] or ([] if language else timely)


def default_greetings() -> tuple[Greeting, ...]:
    """`{Hi|Hello|Hai} {name}`, at any time and in any language."""
    return (Greeting(Template.parse("{Hi|Hello|Hai} {name}")),)


def greetings_by_time() -> tuple[Greeting, ...]:
    """`Selamat pagi` in the morning, `Selamat petang` in the afternoon, `Hi` in the evening."""
    texts = {
        Period.MORNING: "Selamat pagi {name}",
        Period.AFTERNOON: "Selamat petang {name}",
        Period.EVENING: "Hi {name}",
    }
    return tuple(Greeting(Template.parse(text), period=period) for period, text in texts.items())
