"""What the title of a column is about, word by word."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from gateway.imports.wishes.concession import leaves_out, overrules, persists, principal
from gateway.imports.wishes.fold import words
from gateway.imports.wishes.harmless import is_beside
from gateway.imports.wishes.notes import is_about_messages
from gateway.imports.wishes.vocabulary import ASPECTS, CHANNELS, TITLES, VALUES, Words, all_parted

_LONGEST = 400
_NUMBER = re.compile(r"\s*(?:no|nr|bil)\s*\.", re.IGNORECASE)
_MANY = 4
_LONG = 6
# `du`, `of`, `per`.
_SHORT = 3
_DENIALS = (["dont"], ["not"], ["wouldnt"], ["never"])
# `no` behind a word is a number; `khong` makes a question of a sentence.
_LAST = ("no", "nr", "khong")
# Words of scripts without spaces that leave open whether: `愿不愿意`, `หรือไม่`, `ませんか`.
_EITHER = re.compile(
    r"([^\W\d_]{1,2})[不没沒]\1|หรือไม่|หรือเปล่า|ไหม|ませんか|ないか|还是不|還是不|与否|與否|أم لا|ام لا"
)
_LISTED = Words("dnc ndnc dncr ncpr ndncr dncl tps ctps rpo bloctel robinson robinsonlist-")
_CHANNELS_FIRST = ("text",)
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
    # A long question with a denial in it, or an agreement with an end of it: a yes may be either.
    is_doubtful: bool = False
    # A word that no list has.
    has_unknown: bool = False

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
    asked = principal(header)
    said = _unminded(all_parted(words(_EITHER.sub(" ", asked))))
    lists = {**TITLES, **ASPECTS}
    has = {name for name, listed in lists.items() if listed.found(said)}
    if ASPECTS["beside"].found(said) == [0] and said[0] in _CHANNELS_FIRST and len(said) > 1:
        # `Text Opt-in Date` is about texts; `Opt-in Text` is the wording.
        has.discard("beside")
    negations = _negations(header, said)
    if (negations or "?" in header) and is_about_messages(said):
        # Of more languages than titles are known in: `לא לשלוח הודעות`, `Ujumbe?`.
        has.add("contact")
    if ("ended" in has and (has & _OF_A_WISH or _channel(said))) or {"cancelled", "agree"} <= has:
        # `Consent cancelled on`.
        negations = 1
    if not negations:
        has.discard("not")
    is_question = "?" in header or "؟" in header or "？" in header or len(said) > _MANY
    odd = (("out" in has) + negations) % 2 == 1
    if _LISTED.found(said):
        # `DNC - No Text Message Register`, `Do Not Call list: no SMS`: one denial in other words.
        odd = True
        has.discard("beside")
    is_both = {"optin", "optout"} <= set(said)
    is_doubtful = "?" in header and len(said) > _MANY and odd and "out" not in has
    # `Contacted though unsubscribed` tells what was done, and nothing of an agreement.
    is_of_deeds = asked != header and not odd and has.isdisjoint(("agree", "perhaps"))
    is_without = not has.isdisjoint(_OF_A_WISH) and leaves_out(header)
    is_doubtful = is_doubtful or is_of_deeds or is_without or _is_either(said, has, odd=odd)
    channel = _channel(said)
    if channel == "other" and odd and _is_newsletter_alone(said):
        # By which channel a newsletter comes is not said: a refusal of it counts, a yes to it says nothing.
        channel = "phone"
    return Title(frozenset(has), channel, odd, is_question, is_both, is_doubtful, _has_unknown(said))


def _has_unknown(said: Sequence[str]) -> bool:
    """Of scripts without spaces nobody knows what a word is."""
    lists = (*TITLES.values(), *ASPECTS.values(), *CHANNELS.values())
    return any(
        word.isalpha()
        and len(word) > _SHORT
        and not any(word in listed or listed.is_part(word) for listed in lists)
        and word not in VALUES["yes"] | VALUES["persons"] | VALUES["may"]
        and not is_beside(word)
        for word in said
    )


def _is_either(said: Sequence[str], has: Collection[str], *, odd: bool) -> bool:
    """A title that agrees first and speaks of an end of it later: nobody knows what a no denies.

    So is one of an opt-out that is to be overruled: `Override DND`.
    """
    if not odd or "out" not in has:
        return False
    if overrules(said):
        return True
    agreed = [*TITLES["agree"].found(said), *TITLES["perhaps"].found(said)]
    is_first = bool(agreed) and min(agreed) < TITLES["out"].found(said)[0]
    return bool(agreed) and ((len(said) > _LONG and is_first) or persists(said))


def _unminded(said: list[str]) -> list[str]:
    """`I don't mind being called` agrees."""
    if "mind" not in said:
        return said
    at = said.index("mind")
    is_denied = said[max(0, at - 1) : at] in _DENIALS
    return [*said[: at - 1], "agree", *said[at + 1 :]] if is_denied else said


def _negations(header: str, said: Sequence[str]) -> int:
    """`No. WhatsApp` and `WhatsApp No` are numbers."""
    # `istemiyor` is a refusal already, and no denial of one.
    places = [place for place in TITLES["not"].found(said) if not TITLES["out"].found([said[place]])]
    if _NUMBER.match(header):
        places = [place for place in places if place > 0]
    last = len(said) - 1
    is_asked = any(sign in header for sign in "?？؟") or not VALUES["or"].isdisjoint(said[-2:-1])
    # `… hay không?`, `… atau tidak`: the end of a question denies nothing.
    places = [place for place in places if place < last or not (is_asked or said[place] in _LAST)]
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


def _is_newsletter_alone(said: Sequence[str]) -> bool:
    return all(said[place].startswith("newsletter") for place in CHANNELS["other"].found(said))


def _joins_unknown(said: Sequence[str], at: int) -> bool:
    """Whether a word beside this `and` is in no list: it may be another channel."""
    known = [*TITLES.values(), *ASPECTS.values(), CHANNELS["other"], CHANNELS["all"]]
    beside = [*said[max(0, at - 1) : at], *said[at + 1 : at + 2]]
    return any(not any(listed.found([word]) for listed in known) for word in beside)
