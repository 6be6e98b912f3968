"""What a column says of the wish of a person to be written to, and what follows from each of its cells."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.imports.wishes.answer import (
    Answer,
    answer,
    is_filled,
    is_opted_out,
    is_time,
    is_without,
    opts_out,
)
from gateway.imports.wishes.channel_list import channels
from gateway.imports.wishes.code import code_of
from gateway.imports.wishes.english_notes import remarked
from gateway.imports.wishes.fold import squeezed, words
from gateway.imports.wishes.note_likeness import OTHER_THRESHOLD, is_like_a_refusal, is_unlike_a_refusal
from gateway.imports.wishes.notes import is_about_reaching, minds_nothing, wants_none
from gateway.imports.wishes.vocabulary import ANSWERS, VALUES
from services.consent.meaning import meaning_by_rules
from services.consent.words import Meaning as Heard


class Meaning(StrEnum):
    """As `ImportedColumn.Meaning` of the public API."""

    CONSENT = "consent"
    OPT_OUT = "opt_out"
    STATUS = "status"
    OPT_IN_TIME = "opt_in_time"
    OPT_OUT_TIME = "opt_out_time"
    CHANNELS = "channels"
    OPT_OUT_CHANNELS = "opt_out_channels"
    OTHER_CHANNEL = "other_channel"
    MENTIONS = "mentions"


_YES = "yes"
FIELD_OF = {
    Meaning.CONSENT: "consent",
    Meaning.STATUS: "consent",
    Meaning.CHANNELS: "consent",
    Meaning.OPT_OUT: "opt_out",
    Meaning.OPT_OUT_TIME: "opt_out",
    Meaning.OPT_OUT_CHANNELS: "opt_out",
}
"""The field of a column that is read strictly; the others stay attributes."""


@dataclass(frozen=True)
class Wish:
    """One column. `is_strict`: what is not understood refuses the row; else it says nothing.

    `channel`: `whatsapp`, `phone` or none. `is_ticked`: a box to tick, and an empty cell is no tick.
    """

    index: int
    meaning: Meaning
    is_strict: bool = False
    channel: str = ""
    is_ticked: bool = False
    # A word that is a yes here, because the column has the no of its language.
    native_yes: str = ""
    # Whether an `x` is a tick here; in a column of other signs it may be a no.
    has_cross: bool = True
    # Of a column that the caller names: what the values inside a cell are about.
    about: str = ""
    # What a line of the file says that values mean: value and name of the answer.
    legend: tuple[tuple[str, str], ...] = ()

    @property
    def field(self) -> str:
        """The field of the column, empty where it stays what it is."""
        return FIELD_OF.get(self.meaning, "") if self.is_strict else ""

    def read(self, cell: str) -> Answer:
        """What a cell of this column says."""
        if self.legend and (told := dict(self.legend).get(code_of(cell))):
            return Answer[told]
        is_native = bool(self.native_yes) and squeezed(cell[:100]) == self.native_yes
        said = _READERS[self.meaning](_YES if is_native else cell)
        if said is Answer.NOTHING and self.is_ticked:
            return Answer.NEVER_ASKED
        if said is Answer.YES and not self.has_cross and squeezed(cell[:100]) == "x":
            said = Answer.NO if self.native_yes else Answer.NOT_UNDERSTOOD
        is_asked = self.meaning not in (Meaning.OPT_IN_TIME, Meaning.OTHER_CHANNEL, Meaning.MENTIONS)
        if is_asked and said in (Answer.NOTHING, Answer.NOT_UNDERSTOOD) and wants_none(cell):
            return Answer.OPTED_OUT
        return said if self.is_strict else self._loosely(cell, said)

    def _loosely(self, cell: str, said: Answer) -> Answer:
        """Of a column that may be about something else: `cancelled` may be an order."""
        if said in (Answer.NOTHING, Answer.NOT_UNDERSTOOD):
            return Answer.NOTHING
        word = squeezed(cell[:100])
        if (
            self.meaning is Meaning.CHANNELS
            and said is Answer.YES
            and "whatsapp" not in (channels(cell) or ())
        ):
            # `Preferred channel: any` is what systems put there for everybody.
            return Answer.NOTHING
        if self.meaning is Meaning.STATUS and word in VALUES["ambiguous_never"] | VALUES["ambiguous_yes"]:
            return Answer.NOTHING
        return Answer.NEVER_ASKED if word in VALUES["ambiguous_out"] else said

    @property
    def rule(self) -> str:
        """What is done with the column, for people."""
        told = _RULES[self.meaning]
        if self.legend:
            told += "; by what a line of the file says of its values"
        if self.is_ticked:
            told += "; an empty cell is no permission"
        if self.channel == "phone" and self.meaning is not Meaning.OTHER_CHANNEL:
            told += (
                "; about SMS or calls to the same phone: a no there is a no here, a yes there is no"
                " permission here by itself"
            )
        return told


def explain(wish: Wish, legend: tuple[tuple[str, str], ...]) -> Wish:
    """A column as a line of the file says that it is to be read; the same without such a line."""
    if not legend:
        return wish
    return replace(wish, meaning=Meaning.CONSENT, is_ticked=False, native_yes="", legend=legend)


_RULES = {
    Meaning.CONSENT: "consent: yes agrees, no does not",
    Meaning.OPT_OUT: "opt-out: yes is suppressed, no says nothing",
    Meaning.STATUS: "state: opted out is suppressed, not asked or pending is no permission",
    Meaning.OPT_IN_TIME: "the time of the consent",
    Meaning.OPT_OUT_TIME: "when or why somebody opted out: filled is suppressed",
    Meaning.CHANNELS: "channels agreed to: without WhatsApp it is no permission",
    Meaning.OPT_OUT_CHANNELS: "channels opted out of: WhatsApp, SMS, calls or all is suppressed",
    Meaning.OTHER_CHANNEL: "another channel: says nothing about WhatsApp",
    Meaning.MENTIONS: "something else, in which a clear no or opt-out counts",
}


def _consent(cell: str) -> Answer:
    if _is_doubt(cell):
        return Answer.NEVER_ASKED
    said = answer(cell)
    return Answer.YES if said is Answer.NOT_UNDERSTOOD and is_time(cell) else said


def _is_doubt(cell: str) -> bool:
    """Whether a cell is a question mark, which is another thing than an empty cell."""
    return bool(cell.strip()) and set(cell.strip()) <= _ASKING


def _opt_out(cell: str) -> Answer:
    if cell.strip()[-1:] in _ASKING:
        # `?`, `no?`: a yes in doubt opts out, and nothing else is known.
        return Answer.OPTED_OUT if answer(cell) is Answer.OPTED_OUT else Answer.NOT_UNDERSTOOD
    word = squeezed(cell[:100])
    if word in VALUES["state_in"]:
        # The person is active, or the opt-out is.
        return Answer.NOT_UNDERSTOOD if word in VALUES["ambiguous_in"] else Answer.NOTHING
    if word in VALUES["state_not_in"]:
        return Answer.OPTED_OUT
    said = answer(cell)
    if said is Answer.NOT_UNDERSTOOD:
        return Answer.OPTED_OUT if is_time(cell) else said
    return Answer.OPTED_OUT if said in (Answer.YES, Answer.OPTED_OUT) else Answer.NOTHING


def _opt_out_time(cell: str) -> Answer:
    if squeezed(cell[:100]) in VALUES["state_in"]:
        return Answer.NOTHING
    return Answer.OPTED_OUT if is_filled(cell) else Answer.NOTHING


def _channels(cell: str) -> Answer:
    listed = channels(cell)
    if listed is None:
        return answer(cell)
    if listed & {"whatsapp", "all"}:
        return Answer.YES
    return Answer.NO if listed == {"none"} else Answer.NEVER_ASKED


def _opt_out_channels(cell: str) -> Answer:
    listed = channels(cell)
    if listed is None:
        return _opt_out(cell)
    return Answer.OPTED_OUT if listed & {"whatsapp", "all", "phone"} else Answer.NOTHING


def _mentions(cell: str) -> Answer:
    if is_opted_out(cell) or opts_out(cell):
        return Answer.OPTED_OUT
    if squeezed(cell[:100]) in VALUES["gone"]:
        return Answer.NEVER_ASKED
    said = _noted(cell)
    minds_none = said is not Answer.NOTHING and minds_nothing(cell) and is_unlike_a_refusal(cell)
    return Answer.NOTHING if minds_none else said


def _noted(cell: str) -> Answer:
    """A note: by the rules, and where they hear nothing by what it is like."""
    if len(cell) <= _SHORT and _is_no(cell):
        return Answer.NO
    if cell.isdecimal():
        return Answer.NOTHING
    said = _ruled(cell) if len(cell) <= _LONGEST_NOTE else Answer.NOTHING
    return Answer.PERHAPS_NO if said is Answer.NOTHING and _is_perhaps_no(cell) else said


def _is_no(cell: str) -> bool:
    """Of a short cell: `no`, but neither `no nuts` nor `no answer` nor `wrong address`."""
    said = words(cell)
    is_wrong = len(said) > 1 and bool(ANSWERS["wrong"].found(said))
    return answer(cell) is Answer.NO and not (is_without(cell) or is_about_reaching(said) or is_wrong)


def _is_perhaps_no(cell: str) -> bool:
    """Of one who did not answer it takes more: `no reply to our texts`."""
    if _STOP_WORD.search(cell) and any(map(str.islower, cell)):
        # A note of another language with the word that all footers have: `contestó STOP el domingo`.
        return True
    if not is_like_a_refusal(cell):
        return False
    return is_like_a_refusal(cell, OTHER_THRESHOLD) or not is_about_reaching(words(cell))


def _ruled(cell: str) -> Answer:
    """A note, or what somebody wrote, is read as a reply would be; what may be a stop is no permission."""
    heard = _HEARD.get(meaning_by_rules(cell), Answer.NOTHING)
    said = remarked(cell) if heard is Answer.NOTHING else heard
    return Answer.OPTED_OUT if said is not Answer.OPTED_OUT and wants_none(cell) else said


_STOP_WORD = re.compile(r"(?<![\w-])(?:STOPP?|СТОП|UNSUBSCRIBED?|OPT[ -]?OUT)(?![\w-])")
_ASKING = frozenset("?？؟")
_HEARD = {Heard.STOP: Answer.OPTED_OUT, Heard.PERHAPS: Answer.NO}
# A longer one is a story: only clear words of it count, and what it is like.
_LONGEST_NOTE = 160
# A no that is all of a cell.
_SHORT = 12
_READERS = {
    Meaning.CONSENT: _consent,
    Meaning.OPT_OUT: _opt_out,
    Meaning.STATUS: answer,
    Meaning.OPT_IN_TIME: lambda _: Answer.NOTHING,
    Meaning.OPT_OUT_TIME: _opt_out_time,
    Meaning.CHANNELS: _channels,
    Meaning.OPT_OUT_CHANNELS: _opt_out_channels,
    Meaning.OTHER_CHANNEL: lambda _: Answer.NOTHING,
    Meaning.MENTIONS: _mentions,
}
