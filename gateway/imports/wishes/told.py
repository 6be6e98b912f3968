"""What the words of a legend, or of a line beside a table, say of a wish: `mag je appen`, `tidak mahu`."""

import re
from collections.abc import Sequence

from gateway.imports.wishes.answer import Answer, answer, is_bare, opts_out
from gateway.imports.wishes.english_notes import remarked
from gateway.imports.wishes.fold import words
from gateway.imports.wishes.notes import is_about_messages, is_about_reaching, wants_none
from gateway.imports.wishes.title import Title
from gateway.imports.wishes.vocabulary import ANSWERS, CHANNELS, TITLES, VALUES

NOES = (Answer.NO, Answer.OPTED_OUT)
_LONGEST = 300
_CLAUSES = re.compile(r"[,;\u3001\uff0c]")
_FEW = 4
# Of scripts without spaces.
_WANTS, _MAY = (tuple(word for word in VALUES[name] if word[0] > "\u0dff") for name in ("wants", "may"))
# A shorter yes is a word of another kind in a sentence.
_LONG = 5


def meaning(told: str) -> Answer:
    """A yes only where nothing else is said; what nobody can tell is not understood."""
    clauses = _CLAUSES.split(told[:_LONGEST])
    about = ", ".join(clause for clause in clauses if not _is_elsewhere(clause))
    if len(about) < len(told[:_LONGEST]) and not VALUES["only"].isdisjoint(words(told)):
        # `Only by e-mail`.
        return Answer.NO
    if not about.strip():
        # Of electronic mail alone.
        return Answer.NOTHING
    noted = Answer.OPTED_OUT if opts_out(about) or wants_none(about) else remarked(about)
    return _answered(about) if noted is Answer.NOTHING else noted


def _answered(about: str) -> Answer:
    said = answer(about)
    if said in NOES and is_about_reaching(words(about)):
        # `tidak angkat telefon`.
        return Answer.NOT_UNDERSTOOD
    if said is not Answer.NOT_UNDERSTOOD:
        return said
    return Answer.YES if _permits(about) else said


def speaks_of_messages(told: str) -> bool:
    """Whether words are about messages, agreement or refusal, and more than a bare yes or no."""
    told = told[:_LONGEST]
    said, title = words(told), Title.of(told)
    if title.has & {"agree", "out"}:
        return True
    if len(said) == 1 and is_bare(told):
        return False
    if opts_out(told) or wants_none(told) or remarked(told) is not Answer.NOTHING:
        return True
    if is_about_reaching(said):
        return False
    if "contact" in title.has or title.channel in ("whatsapp", "phone") or is_about_messages(said):
        return True
    # `tidak mahu`, `belum ditanya`.
    is_denied_wish = answer(told) in NOES and ("perhaps" in title.has or _is_of_a_wish(said))
    return len(said) <= _FEW and (is_denied_wish or bool(ANSWERS["asked"].found(said)))


def _is_of_a_wish(said: Sequence[str]) -> bool:
    return any(word in VALUES["wants"] or any(each in word for each in _WANTS) for word in said)


def is_conditional(line: str) -> bool:
    """Whether a line says that some have agreed, and not all: `only those with * agreed to WhatsApp`."""
    said = words(line[:_LONGEST])
    is_of_some = "*" in line or not VALUES["only"].isdisjoint(said)
    is_agreed = bool(TITLES["agree"].found(said)) or any(
        len(word) >= _LONG and word in VALUES["yes"] for word in said
    )
    return is_of_some and is_agreed


def _is_elsewhere(clause: str) -> bool:
    said = words(clause)
    is_here = CHANNELS["whatsapp"].found(said) or CHANNELS["phone"].found(said)
    return bool(CHANNELS["other"].found(said)) and not is_here


def _permits(told: str) -> bool:
    title, said = Title.of(told), words(told)
    if title.is_negated or title.is_doubtful or "out" in title.has or "not" in title.has:
        return False
    if not VALUES["but"].isdisjoint(said) or title.channel == "other":
        return False
    is_asked = bool(title.has & {"agree", "perhaps"}) or any(
        word in VALUES["may"] or any(each in word for each in _MAY) for word in said
    )
    is_here = "contact" in title.has or title.channel in ("whatsapp", "phone") or is_about_messages(said)
    return is_asked and is_here
