"""A wording as it is kept: the document of `kompang.wording`, and the greetings of a step."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from services.content.greeting import Greeting, Period, default_greetings
from services.content.template import Template
from services.content.variation import Level, Variation
from services.content.wording import DEFAULT_FALLBACK


@dataclass(frozen=True)
class GreetingText:
    """One way to begin, as its author wrote it; `language` empty for any."""

    text: str
    weight: int = 1
    language: str = ""
    period: str = Period.ANY.value

    @property
    def parsed(self) -> Greeting:
        """Raises `TemplateError`."""
        return Greeting(Template.parse(self.text), self.weight, self.language, Period(self.period))


Greetings = tuple[GreetingText, ...]


def _product_greetings() -> Greetings:
    return tuple(
        GreetingText(each.template.source.raw, each.weight, each.language, each.period.value)
        for each in default_greetings()
    )


@dataclass(frozen=True)
class Wording:
    """The wording of an account; without arguments, the wording of the product."""

    greetings: Greetings = field(default_factory=_product_greetings)
    fallback: str = DEFAULT_FALLBACK
    footer: str = ""
    variation: Variation = field(default_factory=Variation)

    @classmethod
    def of(cls, document: str | None) -> "Wording":
        """The wording of a kept document; None is the product's own wording."""
        if document is None:
            return cls()
        kept: Mapping[str, Any] = json.loads(document)
        varied: Mapping[str, Any] = kept["variation"]
        return cls(
            tuple(GreetingText(**each) for each in kept["greetings"]),
            kept["fallback"],
            kept["footer"],
            Variation(**{**varied, "level": Level(varied["level"])}),
        )

    @property
    def document(self) -> str:
        """The document to keep: the whole wording, so that later defaults do not change it."""
        varied = asdict(self.variation) | {"level": self.variation.level.value}
        return json.dumps(asdict(self) | {"variation": varied}, ensure_ascii=False)


def greetings_of(kept: str | None) -> Greetings | None:
    """The greetings that a step keeps; None where those of the account count."""
    return None if kept is None else tuple(GreetingText(**each) for each in json.loads(kept))


def greetings_json(greetings: Sequence[GreetingText] | None) -> str | None:
    """The greetings as a step keeps them."""
    return None if greetings is None else json.dumps([asdict(each) for each in greetings], ensure_ascii=False)
