"""What the title of a column is about, word by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from gateway.imports.wishes.fold import words
from gateway.imports.wishes.vocabulary import ASPECTS, CHANNELS, TITLES, all_parted

_LONGEST = 400
_NUMBER = re.compile(r"\s*(?:no|nr|bil)\s*\.", re.IGNORECASE)
_MANY = 4
_OF_A_WISH = {"agree", "perhaps", "contact", "subscription"}


@dataclass(frozen=True)
class Title:
    """`has`: the lists of `words.toml` of which it has a word. `channel`: the one that counts.

    `is_negated`: an odd number of negations, `Not unsubscribed` has two. `is_both`: `Opt-in/Opt-out`.
    """

    has: frozenset[str]
    channel: str
    is_negated: bool
    is_question: bool
    is_both: bool

    @property
    def is_about_nothing(self) -> bool:
        """Whether the title has no word that matters here."""
        return not (self.has or self.channel or self.is_question)

    @classmethod
    def of(cls, header: str) -> "Title":
        """The title that a file has."""
        return _title(header[:_LONGEST])


@lru_cache(maxsize=2048)
def _title(header: str) -> Title:
    said = all_parted(words(header))
    lists = {**TITLES, **ASPECTS}
    has = {name for name, listed in lists.items() if listed.found(said)}
    negations = _negations(header, said)
    if "ended" in has and (has & _OF_A_WISH or _channel(said)):
        negations = 1
    if not negations:
        has.discard("not")
    is_question = "?" in header or "؟" in header or "？" in header or len(said) > _MANY
    odd = (("out" in has) + negations) % 2 == 1
    is_both = {"optin", "optout"} <= set(said)
    return Title(frozenset(has), _channel(said), odd, is_question, is_both)


def _negations(header: str, said: Sequence[str]) -> int:
    """`No. WhatsApp` and `WhatsApp No` are numbers."""
    places = TITLES["not"].found(said)
    if _NUMBER.match(header):
        places = [place for place in places if place > 0]
    places = [place for place in places if place < len(said) - 1 or said[place] not in ("no", "nr")]
    # What negates stands once a sentence, in however many words.
    return min(1, len(places))


def _channel(said: Sequence[str]) -> str:
    named = {name for name in ("whatsapp", "phone", "other") if CHANNELS[name].found(said)}
    if "whatsapp" in named:
        return "whatsapp"
    if "phone" in named:
        return "phone"
    if "other" not in named or CHANNELS["all"].found(said[:1]):
        return ""
    # `E-mails and messages` are more than electronic mail.
    joins = CHANNELS["joining"].found(said)
    is_more = joins and (CHANNELS["messages"].found(said) or any(_joins_unknown(said, at) for at in joins))
    return "" if is_more else "other"


def _joins_unknown(said: Sequence[str], at: int) -> bool:
    """Whether a word beside this `and` is in no list: it may be another channel."""
    known = [*TITLES.values(), *ASPECTS.values(), CHANNELS["other"], CHANNELS["all"]]
    beside = [*said[max(0, at - 1) : at], *said[at + 1 : at + 2]]
    return any(not any(listed.found([word]) for listed in known) for word in beside)
