"""Wordings between the public API and how they are kept."""

from collections.abc import Iterable
from dataclasses import replace

from gateway.wording.wording import Greetings, GreetingText, Wording
from kompang.v1 import wording_pb2 as pb
from services.content.greeting import Period
from services.content.lookalikes import look_alikes
from services.content.variation import Level, Variation

_ANY = "unspecified"
_MOST_WARNINGS = 20


def wording_of(given: pb.Wording) -> Wording:
    """The wording that a checked request asks for; unset fields get the product's default."""
    default = Wording()
    shares = {
        name: getattr(given, name)
        for name in ("full_stop", "comma", "space", "greeting_case")
        if given.HasField(name)
    }
    level = Level(variation_of(given.variation) or Level.NATURAL.value)
    return Wording(
        greetings_of(given.greetings) if given.HasField("greetings") else default.greetings,
        given.fallback_name if given.HasField("fallback_name") else default.fallback,
        given.footer,
        replace(Variation(level), **shares),
    )


def wording_shown(wording: Wording) -> pb.Wording:
    """The wording with every default filled in."""
    varied = wording.variation
    return pb.Wording(
        greetings=greetings_shown(wording.greetings),
        fallback_name=wording.fallback,
        footer=wording.footer,
        variation=variation_shown(varied.level.value),
        full_stop=varied.full_stop,
        comma=varied.comma,
        space=varied.space,
        greeting_case=varied.greeting_case,
    )


def greetings_of(given: pb.Greetings) -> Greetings:
    """The greetings that a checked request asks for."""
    return tuple(
        GreetingText(each.text, each.weight or 1, each.language, _period(each.period))
        for each in given.greetings
    )


def greetings_shown(greetings: Iterable[GreetingText], *, warned: bool = True) -> pb.Greetings:
    """Greetings for the public API, with their warnings, which take time to compute."""
    return pb.Greetings(
        greetings=[
            pb.Greeting(
                text=each.text,
                weight=each.weight,
                language=each.language,
                period=_period_shown(each.period),
                warnings=warnings(each.text) if warned else (),
            )
            for each in greetings
        ]
    )


def warnings(text: str) -> list[pb.TextWarning]:
    """What the author of a text may want to look at: up to 20 things, the first ones."""
    if text.isascii():
        return []
    return [
        pb.TextWarning(
            type=pb.TextWarning.TYPE_LOOK_ALIKE, line=each.line, column=each.column, text=str(each)
        )
        for each in look_alikes(text, _MOST_WARNINGS)
    ]


def variation_of(given: pb.Variation) -> str | None:
    """`VARIATION_NATURAL` here is `natural` in the database; None for what is unset."""
    name = pb.Variation.Name(given).removeprefix("VARIATION_").lower()
    return None if name == _ANY else name


def variation_shown(kept: str | None) -> str:
    """`natural` of the database is `VARIATION_NATURAL` here; None is unspecified."""
    return f"VARIATION_{(kept or _ANY).upper()}"


def _period(given: pb.Greeting.Period) -> str:
    name = pb.Greeting.Period.Name(given).removeprefix("PERIOD_").lower()
    return Period.ANY.value if name == _ANY else name


def _period_shown(kept: str) -> str:
    return f"PERIOD_{(_ANY if kept == Period.ANY.value else kept).upper()}"
