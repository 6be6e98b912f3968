"""What one cell says: yes, no, opted out, never asked, nothing, or what nobody can tell.

A word of a list decides where it is all of the cell. A sentence is read by its words, from the safe side: a
no in it is never a yes, and a yes with a condition is not understood.
"""

import re
from collections.abc import Sequence
from enum import Enum, auto
from functools import lru_cache

from gateway.imports.wishes.fold import squeezed, words
from gateway.imports.wishes.vocabulary import ANSWERS, CHANNELS, TITLES, VALUES, Words, all_parted

_LONGEST = 300
# Words of a sentence in which a no can mean nothing else: `Please don't`.
_SHORT = 4
_SIGNS = {
    **dict.fromkeys("✓✔☑✅👍○◯√🆗🟢🙆/+", "yes"),
    **dict.fromkeys("✗✘❌✖👎×☒❎🚫⛔🛑☐🔴🙅", "no"),
    **dict.fromkeys("-\u2013\u2014?\uff0d\u30fc\u2015\u2010\u2212", ""),
}
# In a text these are no signs.
_MARKING = "/+"
_VARIANTS = str.maketrans("", "", "\ufe0f\ufe0e\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_NUMBERS = {"1": "yes", "0": "no"}
# A word in doubt, and a number below zero: `-1` is a yes in one database, and unsubscribed in another.
_DOUBTED = re.compile(r"[^?？؟]{1,40}[?？؟]+|[-−–]\s*\d{1,9}(?:[.,]\d{1,6})?")
_DATE = re.compile(
    r"(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,4}年\d{1,2}月|\d{1,2}[ -][^\W\d_]{3,12}\.?,?[ -]\d{2,4}"
    r"|[^\W\d_]{3,12}\.? \d{1,2},? \d{4}|\d{4}\d{2}\d{2}|(?:1[0-9]{9}|1[0-9]{12}))(?![\d])"
)
_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)|1[3-9]\d{8}(?:\d{3})?(?!\d)")
_NO_DATE = re.compile(r"[0\s:/.\-TZ]+|(?:0001-01-01|1970-01-01|1900-01-0[01]|1899-12-3[01]).*")
_TAGS = re.compile(r"[,;|\n*]|:::")
_BEGUN = re.compile(r"([^\W\d_]{1,12}) ?[-–—,;:(]")
_FEW = 6
_ABOUT = (
    TITLES["out"],
    TITLES["not"],
    TITLES["contact"],
    *(CHANNELS[name] for name in ("whatsapp", "phone", "all")),
)
_JOINING = frozenset(
    {
        "please",
        "pls",
        "tolong",
        "sila",
        "bitte",
        "again",
        "anymore",
        "lagi",
        "from",
        "to",
        "by",
        "do",
        "me",
        "my",
        "the",
        "user",
        "customer",
        "has",
        "is",
    }
)
# Words so short mean something else in another language.
_PARTICLE = 2
_SURE = frozenset({"ok", "ya", "ja"})
_KNOWN = (TITLES["agree"], TITLES["perhaps"], TITLES["contact"], *CHANNELS.values())
_BUT = Words(" ".join(VALUES["but"]))
_UNFILLED = VALUES["no"] | VALUES["nothing"] | {"never", "", "neversubscribed", "notset", "unset"}
# Longer than every word for an opt-out.
_LONGEST_WORD = 60
_MARKS = {code: None for code in range(128) if not chr(code).isalnum()}
_BEGINNING = 5
_OUT_TAGS = VALUES["out"] | VALUES["tag_out"]
_PHRASES = re.compile("|".join(map(re.escape, sorted(VALUES["phrases"]))))
_NEGATING = frozenset(
    word
    for word in (*TITLES["out"].all, *TITLES["not"].all, *_OUT_TAGS, *VALUES["phrases"], "opt")
    if word.isascii()
)
_BEGINNINGS = re.compile(
    "(?<![a-z0-9])(?:"
    + "|".join(sorted({word[:_BEGINNING] for word in _NEGATING if len(word) >= _BEGINNING}))
    + "|no(?:whats|wa|sms|promo|market|contact|call)|(?:"
    + "|".join(sorted(word for word in _NEGATING if len(word) < _BEGINNING))
    + ")(?![a-z0-9]))"
)
_AGREEMENT = Words(
    "agree agreed accept- consent- setuju bersetuju zustimm- stimme einverstanden accord acuerdo acept-"
    " aceit- concord- accett- akkoord onayl- kabul согласен согласна zgadzam souhlasim samtykk- samtyck-"
    " सहमत موافق اوافق 同意 동의"
)


class Answer(Enum):
    """What a cell says of the wish of a person."""

    YES = auto()
    NO = auto()
    # Left alone as after a no, and told apart for whoever looks at the report.
    PERHAPS_NO = auto()
    OPTED_OUT = auto()
    NEVER_ASKED = auto()
    NOTHING = auto()
    NOT_UNDERSTOOD = auto()


def answer(cell: str) -> Answer:
    """Of a column that asks for a permission, or tells its state."""
    cell = cell.strip()
    if not cell:
        return Answer.NOTHING
    return _answer(cell) if len(cell) <= _LONGEST else Answer.NOT_UNDERSTOOD


def is_opted_out(cell: str) -> bool:
    """Whether a cell says, in whatever column, that somebody is not to be contacted."""
    if len(cell) > _LONGEST_WORD:
        return False
    # Most cells of a file come by here.
    word = cell.lower().translate(_MARKS) if cell.isascii() else squeezed(cell)
    return word in VALUES["out"]


def is_bare(cell: str) -> bool:
    """Whether a cell is a yes or a no, and no word more."""
    return squeezed(cell) in VALUES["yes"] | VALUES["no"] or (set(cell) <= _SIGNS.keys())


def is_without(cell: str) -> bool:
    """`No allergies`: what somebody does without is no wish to be left alone."""
    said = words(cell[:_LONGEST])
    return len(said) > 1 and _is_no(said[0]) and all(word in ANSWERS["things"] for word in said[1:])


def is_time(cell: str) -> bool:
    """Whether a cell looks like a moment."""
    return bool(_DATE.match(cell.strip()))


def is_date(cell: str) -> bool:
    """Whether a cell is a date for sure: not a number of eight digits that is no day."""
    cell = cell.strip()
    return is_time(cell) and (not cell[:8].isdecimal() or bool(_DAY.match(cell)))


def is_filled(cell: str) -> bool:
    """Whether a cell that says when or why somebody opted out has something in it."""
    cell = cell.strip()
    if not cell or _NO_DATE.fullmatch(cell) or set(cell) <= _SIGNS.keys():
        return False
    return len(cell) > _LONGEST or squeezed(cell) not in _UNFILLED


@lru_cache(maxsize=4096)
def _answer(cell: str) -> Answer:
    text = cell.translate(_VARIANTS).strip(" \t.,;:!()[]{}\"'*")
    if not text:
        return Answer.NOTHING
    if set(text) <= _SIGNS.keys():
        return _of_signs({_SIGNS[sign] for sign in text})
    # `1.0`, as spreadsheets write it.
    number = re.fullmatch(r"([01])(?:[.,]0{1,6})?", text)
    if number:
        return _one(_NUMBERS[number[1]])
    if _DOUBTED.fullmatch(text):
        # `Yes?` is no yes; a no in doubt stays one.
        found = _word(squeezed(text))
        return Answer.NOT_UNDERSTOOD if found is Answer.YES else found or Answer.NOT_UNDERSTOOD
    return _word(squeezed(text)) or _begun(text) or _sentence(_said(text))


def _begun(text: str) -> Answer | None:
    """`n - asked twice`: a no at the beginning is one; a yes may have a condition behind it."""
    begun = _BEGUN.match(text)
    if not begun or squeezed(begun[1]) not in VALUES["no"] or _is_yes_here(squeezed(begun[1]), words(text)):
        return None
    return Answer.NO


def _of_signs(said: set[str]) -> Answer:
    return _one(said.pop()) if len(said) == 1 else Answer.NOT_UNDERSTOOD


def _one(name: str) -> Answer:
    return {"yes": Answer.YES, "no": Answer.NO}.get(name, Answer.NOTHING)


def _word(word: str) -> Answer | None:
    for lists, found in (
        (("out", "state_out"), Answer.OPTED_OUT),
        (("never",), Answer.NEVER_ASKED),
        (("no",), Answer.NO),
        (("yes",), Answer.YES),
        (("nothing",), Answer.NOTHING),
    ):
        if any(word in VALUES[name] for name in lists):
            return found
    return None


def _said(text: str) -> list[str]:
    signs = "".join(
        f" {_SIGNS[each]} " if _SIGNS.get(each) and each not in _MARKING else each for each in text
    )
    return all_parted(words(signs))


def _sentence(said: Sequence[str]) -> Answer:
    if set(said) & VALUES["waiting"]:
        return Answer.NEVER_ASKED
    negations = [place for place, word in enumerate(said) if _is_no(word) and not _is_yes_here(word, said)]
    if _is_to_be_asked(said, negations):
        return Answer.NEVER_ASKED
    outs = TITLES["out"].found(said) + [place for place, word in enumerate(said) if word in VALUES["out"]]
    if outs or _has_ended(said):
        # `not unsubscribed` is no opt-out, and no permission.
        before = [place for place in negations if outs and place < min(outs)]
        return Answer.NOTHING if len(before) % 2 else Answer.OPTED_OUT
    if negations:
        return _negated(said, negations)
    is_yes = len(said[0]) > 1 and (said[0] in VALUES["yes"] or _is_yes_here(said[0], said)) if said else False
    if not (is_yes or _agreements(said)) or _has_condition(said):
        return Answer.NOT_UNDERSTOOD
    return Answer.YES if _is_known_yes(said) else Answer.NOT_UNDERSTOOD


def _has_ended(said: Sequence[str]) -> bool:
    """`Iscrizione annullata`."""
    return bool(TITLES["cancelled"].found(said)) and (
        bool(TITLES["subscription"].found(said)) or _agreements(said)
    )


def _is_yes_here(word: str, said: Sequence[str]) -> bool:
    """`Tak` is a no in Malaysia, but for the Polish words beside it."""
    return word == "tak" and bool(ANSWERS["polish"].found(said))


def _is_to_be_asked(said: Sequence[str], negations: Sequence[int]) -> bool:
    """`Da chiedere`, `noch nicht gefragt`, and nothing of an answer."""
    asked = ANSWERS["asked"].found(said)
    if not asked or len(said) > _FEW or any(place > asked[0] for place in negations):
        return False
    is_answered = any(len(word) > _PARTICLE and word in VALUES["yes"] for word in said)
    return not (
        is_answered or _agreements(said) or TITLES["contact"].found(said) or TITLES["out"].found(said)
    )


def _is_known_yes(said: Sequence[str]) -> bool:
    """`Samtycke återkallat`: in few words, one that nobody knows may take the agreement back.

    `Da` and `si` are other words elsewhere: `da chiamare prima`, `si possible`.
    """
    is_particle = said[0].isascii() and len(said[0]) <= _PARTICLE and said[0] not in _SURE
    if not is_particle and (len(said) >= _SHORT or (said[0] in VALUES["yes"] and not _agrees(said[0]))):
        return True
    return all(
        word in _JOINING
        or word in ANSWERS["thanks"]
        or word in VALUES["yes"]
        or word in VALUES["persons"]
        or any(word in each for each in _KNOWN)
        for word in said
    )


def _negated(said: Sequence[str], negations: Sequence[int]) -> Answer:
    first = negations[0]
    if any(word in VALUES["yes"] and not _agrees(word) for word in said[:first]):
        # `Yes, but no calls`.
        return Answer.NOT_UNDERSTOOD
    after = said[first + 1 :]
    if any(word.startswith(("subscri", "optin", "abonn", "suscri", "inscri", "iscri")) for word in after):
        return Answer.NEVER_ASKED
    if "contacted" in after and "be" not in said:
        # What has been done so far: `not contacted`.
        return Answer.NOTHING
    if TITLES["contact"].found(after) and after[0] not in ("marketing", "thanks"):
        return Answer.OPTED_OUT
    if first == 0 or len(said) <= _SHORT or _agreements(said) or TITLES["perhaps"].found(after):
        return Answer.NO
    return Answer.NOT_UNDERSTOOD


def _agreements(said: Sequence[str]) -> bool:
    return any(_agrees(word) for word in said)


def _agrees(word: str) -> bool:
    return word in _AGREEMENT or _AGREEMENT.is_part(word)


def _is_no(word: str) -> bool:
    # Single letters and digits of a sentence mean nothing.
    return word in TITLES["not"] or (len(word) > 1 and word in VALUES["no"]) or TITLES["not"].is_part(word)


def _has_condition(said: Sequence[str]) -> bool:
    if _BUT.found(said):
        return True
    return bool(CHANNELS["other"].found(said)) and not CHANNELS["whatsapp"].found(said)


def opts_out(cell: str) -> bool:
    """Whether one of the tags in a cell says that somebody is not to be contacted: `vip, no-whatsapp`.

    Every word of such a tag is about that, so that `blocked drain` is none.
    """
    if len(cell) > _LONGEST or not _may_opt_out(cell):
        return False
    text = squeezed(cell)
    if _PHRASES.search(text):
        return True
    return any(_is_out(all_parted(words(tag))) for tag in _TAGS.split(cell))


def _may_opt_out(cell: str) -> bool:
    """Whether a closer look is worth its time: other scripts, and texts with the beginning of a word."""
    return not cell.isascii() or bool(_BEGINNINGS.search(cell.lower()))


def _is_out(said: Sequence[str]) -> bool:
    if not said or len(said) > _FEW or CHANNELS["other"].found(said):
        return False
    if "".join(said) in VALUES["never"] | VALUES["nothing"]:
        return False
    if "".join(said) in _OUT_TAGS:
        return True
    if not all(word in _JOINING or any(word in listed for listed in _ABOUT) for word in said):
        return False
    if TITLES["out"].found(said):
        return not TITLES["not"].found(said)
    return bool(TITLES["not"].found(said[:-1])) and "contacted" not in said
