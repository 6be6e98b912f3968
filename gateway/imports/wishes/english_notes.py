"""English notes under a title that says nothing of notes: `Anything else?`, `Delivery`, `Extra`.

A word that denies close before one about messages, or electronic mail and nothing but that, is a no; other
sentences with such words are read by the classifier of replies.
"""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

from gateway.imports.wishes.answer import Answer
from gateway.imports.wishes.fold import words
from gateway.imports.wishes.vocabulary import CHANNELS
from services.consent.meaning import meaning_by_rules
from services.consent.words import Meaning as Heard

_LONGEST = 300
_MOST_WORDS = 60
_FILE = tomllib.loads(Path(__file__).with_name("english_notes.toml").read_text(encoding="utf-8"))
_DENIES, _STOPS, _ONLY, _ABOUT, _SENT, _LETTERS, _PASSED = (
    frozenset(_FILE[name].split())
    for name in ("denies", "stops", "only", "about", "sent", "letters", "passed")
)
_WORD = re.compile(r"[a-z']{2,20}", re.ASCII)
_NEAR = 3
_BESIDE = 2


def remarked(note: str) -> Answer:
    """A no or an opt-out that an English sentence says, else nothing."""
    if not 6 <= len(note) <= _LONGEST or note.isdecimal():  # noqa: PLR2004 - a shorter one is a word
        return Answer.NOTHING
    # Most cells of a file come by here, and few have such words.
    met = {word.replace("'", "") for word in _WORD.findall(note.lower())}
    if not (met & (_ABOUT | _LETTERS) and met & (_DENIES | _STOPS | _ONLY)):
        return Answer.NOTHING
    said = words(note)[:_MOST_WORDS]
    if _is_only_mail(said) or _is_denied(said):
        return Answer.NO
    return _HEARD.get(meaning_by_rules(note), Answer.NOTHING) if met & _ABOUT else Answer.NOTHING


def _is_denied(said: Sequence[str]) -> bool:
    """`No WhatsApp`, `never text`, `not by SMS`; `no reply to texts` is about something else."""
    return any(
        word in _DENIES
        and not _SENT.isdisjoint(said[place + 1 : place + 1 + _NEAR])
        and _PASSED.isdisjoint(said[place + 1 :])
        for place, word in enumerate(said)
    )


def _is_only_mail(said: Sequence[str]) -> bool:
    """`Only by e-mail`, `by letter only`."""
    if CHANNELS["phone"].found(said) or CHANNELS["whatsapp"].found(said):
        return False
    return any(
        word in _ONLY and not _LETTERS.isdisjoint(said[max(0, place - _BESIDE) : place + 1 + _BESIDE])
        for place, word in enumerate(said)
    )


_HEARD = {Heard.STOP: Answer.OPTED_OUT, Heard.PERHAPS: Answer.NO}
