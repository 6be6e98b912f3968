"""How far a wording carries: how many texts a lead can get, and how often they repeat in an audience.

All is reckoned on the trees, with the lead's own values in the place of variables. It is exact but for
this: different alternatives are taken to make different texts (equal ones in a group are known as such),
and of a body that ends in an address made of several groups only the last of them is looked at.

Two messages read the same with the sum of p² over all texts. An audience is then like as many draws from
1 / that many equally likely texts, and `repeats` is the share that a birthday calculation expects.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from services.content.agreement import NONE, SAME, Overlap, overlap, resolved, shares
from services.content.greeting import Greeting
from services.content.tree import Choice, Nodes, Text
from services.content.variation import Level, ends_in_a_word, other_case
from services.content.weak import Weak, weakest
from services.content.wording import Lead, Wording


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
        if chance >= 1.0:
            return 1.0 - 1.0 / audience
        distinct = -math.expm1(audience * math.log1p(-chance)) / chance
        return max(0.0, 1.0 - distinct / audience)


def reach(wording: Wording, lead: Lead) -> Reach:
    """What the preview tells of a wording, for a real or an invented lead."""
    found = SAME
    if wording.variation.level is not Level.NONE:
        found = _both(_greeting(wording, lead), _body(wording, lead))
    return Reach(found.texts, found.chance, weakest(wording.body))


def _both(a: Overlap, b: Overlap) -> Overlap:
    return Overlap(a.chance * b.chance, a.texts * b.texts)


def _greeting(wording: Wording, lead: Lead) -> Overlap:
    """Of the greetings that fit, each in both cases, equal ones being one."""
    greetings: Sequence[Greeting] = wording.openings.fitting(lead.language, lead.hour)
    if not greetings:
        return SAME
    values, case = wording.values(lead), wording.variation.case
    total = sum(each.weight for each in greetings)
    weights: dict[Nodes, float] = defaultdict(float)
    pairs: set[tuple[Nodes, Nodes]] = set()
    for each in greetings:
        nodes = each.template.nodes
        plain, other = (resolved(tree, values, wording.instead) for tree in (nodes, other_case(nodes)))
        weights[plain] += each.weight / total * (1 - case)
        if case:
            weights[other] += each.weight / total * case
            pairs |= {(plain, other)} if plain != other and (other, plain) not in pairs else set()
    chance, texts = 0.0, 0
    for tree, weight in weights.items():
        alone = overlap(tree, tree)
        chance, texts = chance + weight**2 * alone.chance, texts + alone.texts
    for plain, other in pairs:
        shared = overlap(plain, other)
        chance, texts = chance + 2 * weights[plain] * weights[other] * shared.chance, texts - shared.texts
    return Overlap(chance, texts)


def _body(wording: Wording, lead: Lead) -> Overlap:
    """Of the body with what may follow its end."""
    stop, comma, space = wording.variation.ends
    after_word, after_other = (stop, comma, space, 1 - stop - comma - space), (space, 1 - space)
    words, others = _by_end(resolved(wording.body.nodes, wording.values(lead), wording.instead))
    word, other = _both(words, _of(after_word)), _both(others, _of(after_other))
    return Overlap(word.chance + other.chance, word.texts + other.texts)


def _of(probabilities: Sequence[float]) -> Overlap:
    likely = [each for each in probabilities if each > 1e-9]  # noqa: PLR2004 - what rounding leaves
    return Overlap(sum(each**2 for each in likely), len(likely))


def _by_end(nodes: Nodes) -> tuple[Overlap, Overlap]:
    """The texts that end in a word, and the others."""
    if not nodes:
        return NONE, SAME
    before = overlap(nodes[:-1], nodes[:-1])
    last = nodes[-1]
    if isinstance(last, Choice):
        parts = [(share, _by_end(each)) for each, share in shares(last).items()]
        ends = [
            Overlap(
                sum(share**2 * found[at].chance for share, found in parts),
                sum(found[at].texts for _, found in parts),
            )
            for at in (0, 1)
        ]
        return _both(before, ends[0]), _both(before, ends[1])
    is_word = isinstance(last, Text) and ends_in_a_word(last.text.rstrip())
    return (before, NONE) if is_word else (NONE, before)
