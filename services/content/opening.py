"""The greetings of a wording, compiled for picking one by a draw."""

from collections.abc import Sequence
from typing import NamedTuple

from services.content.greeting import Greeting, Period, fitting, period_at, primary
from services.content.program import Program, compiled
from services.content.tree import Nodes
from services.content.variation import WORD, other_case

MAX_GREETINGS = 50

# Stands for every language that no greeting is in.
_OTHER = "*"


class Opening(NamedTuple):
    """One greeting: picked by a draw below `below`, if none before it was."""

    below: int
    program: Program
    other_case: Program


class Openings:
    """Those of one wording. Raises ValueError for more than 50."""

    def __init__(self, greetings: Sequence[Greeting]) -> None:
        if len(greetings) > MAX_GREETINGS:
            raise ValueError(f"{len(greetings)} greetings; {MAX_GREETINGS} at most")
        self._greetings = greetings
        self._languages = {primary(each.language) for each in greetings}
        # At most one entry a language of a greeting and a period, however many languages leads have.
        self._compiled: dict[tuple[str, Period], list[Opening]] = {}

    def fitting(self, language: str, hour: int | None) -> Sequence[Greeting]:
        """The greetings that may be picked for a lead."""
        return fitting(self._greetings, self._language(language), period_at(hour))

    def pick(self, language: str, hour: int | None, draw: int) -> Opening | None:
        """The greeting for a draw; None when none fits."""
        key = (self._language(language), period_at(hour))
        openings = self._compiled.get(key)
        if openings is None:
            openings = self._compiled[key] = _compiled(fitting(self._greetings, *key))
        for opening in openings:
            if draw < opening.below:
                return opening
        return None

    def _language(self, language: str) -> str:
        if not language:
            return ""
        tag = primary(language)
        return tag if tag in self._languages or not tag else _OTHER


def _compiled(greetings: Sequence[Greeting]) -> list[Opening]:
    total = sum(each.weight for each in greetings)
    openings, reached = [], 0
    for each in greetings:
        reached += each.weight
        nodes: Nodes = each.template.nodes
        openings.append(Opening(WORD * reached // total, compiled(nodes), compiled(other_case(nodes))))
    return openings
