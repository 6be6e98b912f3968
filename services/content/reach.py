"""How far a wording carries: how many texts a lead can get, and how often they repeat in an audience.

All is reckoned on the trees, with the lead's own values in the place of variables. It is exact but for
this: different alternatives are taken to make different texts (equal ones in a group are known as such),
and of a body that ends in an address made of several groups only the last of them is looked at.

Two messages read the same with the sum of p² over all texts. An audience is then like as many draws from
1 / that many equally likely texts, and `repeats` is the share that a birthday calculation expects.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.content.greeting import Greeting
from services.content.spread import NONE, ONE, Spread, beginnings, openers, resolved, shares, spread
from services.content.tree import Choice, Nodes, Text
from services.content.variation import Level, ends_in_a_word, other_case
from services.content.weak import Weak, weakest
from services.content.wording import Lead, Wording

# What is left of 1 - 0.3 - 0.2 - 0.5.
_ROUNDING = 1e-9
# Nodes of all the trees that greetings are taken apart into; beyond, equal texts count as different ones.
_MOST_NODES = 50_000
# Too small to divide by: no audience gets there.
_NEVER = 1e-100


@dataclass(frozen=True, slots=True)
class Reach:
    """Of a wording for one lead, or others like them.

    `texts` is how many different ones they can get, `same` the chance that two messages are the same
    text, `weakest` where another alternative helps most.
    """

    texts: int
    same: float
    weakest: tuple[Weak, ...]

    def repeats(self, audience: int, names: int = 1) -> float:
        """The expected share, 0 to 1, of an audience whose text went to somebody before them.

        `names` is how many values the variables take in the audience (different names, say), all as
        likely; leave it at 1 for a text without variables.
        """
        if audience <= 1:
            return 0.0
        chance = self.same / max(1, names)
        if chance < _NEVER:
            return 0.0
        if chance >= 1.0:
            return 1.0 - 1.0 / audience
        distinct = -math.expm1(audience * math.log1p(-chance)) / chance
        return max(0.0, 1.0 - distinct / audience)


def reach(wording: Wording, lead: Lead) -> Reach:
    """The figures of the preview for a wording, for a real or an invented lead."""
    found = ONE
    if wording.variation.level is not Level.NONE:
        found = _greeting(wording, lead) & _body(wording, lead)
    return Reach(found.texts, found.same, weakest(wording.body))


def _greeting(wording: Wording, lead: Lead) -> Spread:
    """Computes the spread of the greetings that fit, in both cases; equal texts count as one."""
    greetings = wording.openings.fitting(lead.language, lead.hour)
    if not greetings:
        return ONE
    values, case = wording.values(lead), wording.variation.case
    total = sum(each.weight for each in greetings)
    likely: dict[Nodes, float] = defaultdict(float)
    taken_apart = openers if _openers_size(greetings) <= _MOST_NODES else _whole
    for each in greetings:
        nodes = each.template.nodes
        for tree, share in ((nodes, 1 - case), (other_case(nodes), case)):
            for opener, of_those in taken_apart(resolved(tree, values, wording.instead)):
                likely[opener] += each.weight / total * share * of_those
    found = NONE
    for opener, share in likely.items():
        if share:
            found |= spread(opener).weighted(share)
    return found


def _openers_size(greetings: Sequence[Greeting]) -> int:
    """Nodes of the trees that `openers` makes of them."""
    return sum(beginnings(each.template.nodes) * len(each.template.nodes) for each in greetings)


def _whole(nodes: Nodes) -> Iterator[tuple[Nodes, float]]:
    yield nodes, 1.0


def _body(wording: Wording, lead: Lead) -> Spread:
    """Computes the spread of the body with its possible ends."""
    stop, comma, space = wording.variation.ends
    words, others = _by_end(resolved(wording.body.nodes, wording.values(lead), wording.instead))
    return words & _of(stop, comma, space, 1 - stop - comma - space) | others & _of(space, 1 - space)


def _of(*probabilities: float) -> Spread:
    likely = [each for each in probabilities if each > _ROUNDING]
    return Spread(sum(each**2 for each in likely), len(likely))


def _by_end(nodes: Nodes) -> tuple[Spread, Spread]:
    """The texts that end in a word, and the others."""
    if not nodes:
        return NONE, ONE
    before, last = spread(nodes[:-1]), nodes[-1]
    if isinstance(last, Choice):
        words, others = NONE, NONE
        for each, share in shares(last).items():
            word, other = _by_end(each)
            words, others = words | word.weighted(share), others | other.weighted(share)
        return before & words, before & others
    is_word = isinstance(last, Text) and ends_in_a_word(last.text.rstrip())
    return (before, NONE) if is_word else (NONE, before)
