"""Notes about a person in many languages: `möchte nicht mehr angerufen werden`, `да не се безпокои`.

They are written by those who keep the list, about somebody, so that the classifier of replies does not know
them. A word that denies, and near it one about messages, is enough: in doubt a person is left alone.
English notes are read by that classifier alone.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from gateway.imports.wishes.fold import fold, words
from gateway.imports.wishes.vocabulary import CHANNELS, TITLES, Words

_FILE: dict[str, str] = tomllib.loads(Path(__file__).with_name("notes.toml").read_text(encoding="utf-8"))
_SAYINGS = frozenset(fold(each) for each in _FILE["sayings"].split())
_LISTS = {name: Words(text) for name, text in _FILE.items()}
_LISTS["messages_of_titles"] = TITLES["contact"]
_LISTS["agreement"] = TITLES["agree"]
_LISTS["whatsapp"] = CHANNELS["whatsapp"]
_LISTS["phone"] = CHANNELS["phone"]
_LISTS["other"] = CHANNELS["other"]
_BEGINS = ("denies", "stops", "alone", "left", "takes_back", "peace")
_ABOUT = ("messages", "messages_of_titles", "whatsapp")
_WITHOUT = ("denies", "takes_back")
# Of something else: to drive, to work.
_PERMITS = ("permi", "lupa", "izin", "ijin", "accord", "akkoord", "acord")
_WORD = re.compile(r"[^\s!-/:-@\[-`{-~]+")
_REMEMBERED = 40
_LONGEST = 300
_MOST_WORDS = 60
# Words between the two.
_NEAR = 6
_LAST_HOUR = 24
_DIGITS = 2
# Words up to it: `niet bellen tussen`.
_BEFORE_HOUR = 2
# `Ne voit aucun inconvénient`.
_BEFORE_OBJECTION = 3
_MINUTES = ("00", "15", "30", "45")
_ENGLISH = frozenset(_FILE["english"].split())
# In English, too; in Spanish and Italian `no` denies.
_ALSO_ENGLISH = frozenset(_FILE["also_english"].split())
# Joined to an Arabic word.
_JOINED = ("وال", "بال", "لل", "ال", "ب", "ل", "و", "ف", "ك")


def wants_none(note: str) -> bool:
    """Whether a note says that somebody does not want to be written to, or has left."""
    if not 4 <= len(note) <= _LONGEST or note.isdecimal():  # noqa: PLR2004 - a shorter one is a word
        return False
    # Most cells of a file come by here, and few have such a word.
    if not any(_found_in(_BEGINS, each) for each in _WORD.findall(note.lower()) if not each.isdecimal()):
        return False
    said = words(note)[:_MOST_WORDS]
    # `5/11` is a day.
    return _asks_for_peace(said) and ("/" in note or not _is_of_an_hour(said))


def is_about_messages(said: Sequence[str]) -> bool:
    """Whether words that a note may have are about messages."""
    return bool(_places(_ABOUT, said[:_MOST_WORDS]))


def is_about_reaching(said: Sequence[str]) -> bool:
    """Whether words are about somebody who did not answer, or was not there."""
    return bool(_places(("reached",), said[:_MOST_WORDS]))


def minds_nothing(note: str) -> bool:
    """`Hat nichts dagegen`: one denial, and it is of an objection."""
    if not 4 <= len(note) <= _LONGEST:  # noqa: PLR2004 - a shorter one is a word
        return False
    said = words(note)[:_MOST_WORDS]
    minds = _places(("minds",), said)
    if not minds:
        return False
    denials = set(_places(("denies",), said))
    denied = {place for place in denials for mind in minds if _is_right_before(said, place, mind)}
    return bool(denied) and denials == denied


def _is_right_before(said: Sequence[str], denial: int, mind: int) -> bool:
    if denial == mind:
        # Scripts without spaces: a sentence is a word.
        return any(
            f"{no}{each}" in said[mind] for no in _LISTS["denies"].parts for each in _LISTS["minds"].parts
        )
    return 0 < mind - denial <= _BEFORE_OBJECTION


def _asks_for_peace(said: Sequence[str]) -> bool:
    together = "".join(said)
    if _places(("peace",), said) and any(saying in together for saying in _SAYINGS):
        return True
    is_elsewhere = _places(("other",), said) and not _places(("phone", "whatsapp"), said)
    if is_elsewhere or _places(("reached",), said):
        return False
    if _places(("alone",), said) or (_places(("left",), said) and not _places(("denies",), said)):
        return True
    agreements = [place for place in _places(("agreement",), said) if not said[place].startswith(_PERMITS)]
    return _are_near(said, _places(_WITHOUT, said), agreements) or _are_near(
        said, _places(("denies", "stops"), said), _places(_ABOUT, said)
    )


def _is_of_an_hour(said: Sequence[str]) -> bool:
    """`Jangan telefon sebelum 10 pagi`: one denial, and behind it nothing but the hours that it is for."""
    hours = [place for place, word in enumerate(said) if word in _LISTS["hours"]]
    after = said[hours[0] + 1 :] if hours else []
    if not after or not _is_hour(after[0]):
        return False
    denials = _places((*_WITHOUT, "stops", "alone", "left"), said)
    is_one = len(denials) == 1 and 0 < hours[0] - denials[0] <= _BEFORE_HOUR
    # `5 11` is a day.
    is_day = any(_is_hour(each) and _is_hour(word) and word not in _MINUTES for each, word in pairwise(after))
    return is_one and not is_day and all(_is_hour(word) or word in _LISTS["of_the_clock"] for word in after)


def _is_hour(word: str) -> bool:
    return len(word) <= _DIGITS and word.isdecimal() and int(word) <= _LAST_HOUR


def _are_near(said: Sequence[str], denials: Sequence[int], about: Sequence[int]) -> bool:
    return any(_is_denied(said, place, near) for place in denials for near in about)


def _is_denied(said: Sequence[str], denial: int, about: int) -> bool:
    if denial == about:
        # Scripts without spaces: a sentence is a word.
        return not said[denial].isascii()
    if said[denial] in ("no", "nr") and "".join(said[denial + 1 : denial + 2]).isdecimal():
        # `No. 5`.
        return False
    if said[denial] in _ALSO_ENGLISH and said[about] in _ENGLISH:
        return False
    return abs(denial - about) <= _NEAR


def _places(names: Sequence[str], said: Sequence[str]) -> list[int]:
    return [place for place, word in enumerate(said) if _found_in(names, word)]


def _found_in(names: Sequence[str], word: str) -> bool:
    lists = _lists(word) if len(word) <= _REMEMBERED else _lists.__wrapped__(word)
    return not lists.isdisjoint(names)


@lru_cache(maxsize=16384)
def _lists(word: str) -> frozenset[str]:
    """The names of the lists that have a word, as it stands or behind a joined particle."""
    word = fold(word)
    return frozenset(name for name, listed in _LISTS.items() if _is_in(listed, word))


def _is_in(listed: Words, word: str) -> bool:
    if word in listed or listed.is_part(word):
        return True
    return not word.isascii() and any(
        word.startswith(each) and word[len(each) :] in listed for each in _JOINED if len(word) > len(each) + 2
    )
