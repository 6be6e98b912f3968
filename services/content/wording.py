"""The whole text of a message: greeting, blank line, body, and after a blank line the footer.

A pure function of the wording, the lead and the message's id. It reads no clock: `Lead.hour` must come
from the time the message is due, not from now, or a retry could greet differently. The words drawn from
the id are used in this order: the greeting, its case, the end of the body, then each group as it is met.
"""

from collections.abc import Iterable, Mapping
from itertools import repeat
from typing import NamedTuple

from services.content import hygiene
from services.content.draws import Draws, draws
from services.content.graphemes import shortened
from services.content.greeting import Greeting
from services.content.names import LIMIT, called
from services.content.opening import Openings
from services.content.program import run
from services.content.template import Template
from services.content.variation import Level, Variation, ends_in_a_word, stops, threshold

DEFAULT_FALLBACK = "Cik"

_ATTRIBUTE = "attr."


class Lead(NamedTuple):
    """What is known of the reader, as stored: nothing in it need be clean.

    `language` is a tag of BCP 47; `hour` is 0 to 23 on the lead's clock when the message is due.
    """

    name: str = ""
    attributes: Mapping[str, str] = {}
    language: str = ""
    hour: int | None = None


class Wording:
    """Everything a step or a campaign says. Immutable; keep it by the version of the step.

    `key` is the same on every host of a cluster. `variables` are those used in body and greetings; with one
    of them in it, a text also differs by who reads it. Raises ValueError for more than 50 greetings.
    """

    def __init__(
        self,
        body: Template,
        greetings: Iterable[Greeting] = (),
        *,
        footer: str = "",
        variation: Variation | None = None,
        fallback: str = DEFAULT_FALLBACK,
        key: bytes = b"",
    ) -> None:
        self.body = body
        self.greetings = tuple(greetings)
        self.openings = Openings(self.greetings)
        self.footer = hygiene.clean(footer).strip()
        self.variation = variation or Variation()
        self.fallback = shortened(hygiene.clean_line(fallback), LIMIT).rstrip()
        self._key = key
        self._varied = self.variation.level is not Level.NONE
        self._program = body.program
        self.instead = {"name": self.fallback, "first_name": self.fallback}
        templates = (body, *(each.template for each in self.greetings))
        self.variables = frozenset[str]().union(*(each.variables for each in templates))
        self._attributes = [
            (key, key[len(_ATTRIBUTE) :]) for key in sorted(self.variables) if key.startswith(_ATTRIBUTE)
        ]
        stop, comma, space = self.variation.ends
        self._stop = threshold(stop)
        self._comma = threshold(stop + comma)
        self._space = threshold(stop + comma + space)
        self._case = threshold(self.variation.case)

    def render(self, lead: Lead, message_id: bytes) -> str:
        """The text for one message: always the same for the same wording, lead and id. Never raises."""
        source = draws(self._key, message_id) if self._varied else repeat(0)
        values = self.values(lead)
        pick, case, end = next(source), next(source), next(source)
        greeting = self._greeting(lead, values, pick, case, source) if self.greetings else ""
        body = run(self._program, values, self.instead, source).strip()
        if body and end < self._space:
            body += self._ending(body, end)
        return "\n\n".join(filter(None, (greeting, body, self.footer)))

    def values(self, lead: Lead) -> dict[str, str]:
        """The lead's variables that are used and have a value, clean, by their names in a template."""
        values: dict[str, str] = {}
        name = called(lead.name)
        if name is not None:
            values["name"], values["first_name"] = name
        for key, attribute in self._attributes:
            value = hygiene.clean(lead.attributes.get(attribute, "")).strip()
            if value:
                values[key] = value
        return values

    def _greeting(self, lead: Lead, values: Mapping[str, str], pick: int, case: int, source: Draws) -> str:
        opening = self.openings.pick(lead.language, lead.hour, pick)
        if opening is None:
            return ""
        program = opening.other_case if case < self._case else opening.program
        return run(program, values, self.instead, source).strip()

    def _ending(self, body: str, draw: int) -> str:
        if draw >= self._comma:
            return " "
        if not ends_in_a_word(body):
            return ""
        return stops(body)[draw >= self._stop]
