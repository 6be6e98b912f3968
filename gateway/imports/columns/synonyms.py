"""What a header names, in many languages; the words are in `synonyms.toml` and `titles.toml`."""

import re
import tomllib
import unicodedata
from functools import lru_cache
from pathlib import Path

from gateway.imports.columns import titles
from gateway.imports.columns.plain_letters import plain
from gateway.imports.fields import FIELDS, PHONE

_WORDS = tomllib.loads(Path(__file__).with_name("synonyms.toml").read_text(encoding="utf-8"))

if unread := {PHONE, *_WORDS["fields"]} ^ set(FIELDS):
    raise ValueError(f"synonyms.toml and gateway/imports/fields.py differ in {', '.join(sorted(unread))}")

_SOUNDS = frozenset(_WORDS["sounds_like_phone"].split())
# As `phone`, behind `mobile`.
_PLAIN_PHONE = 2
_DIGITS = 7
# Characters of a question in a form.
_LONGEST = 200
# A file's headers are looked at once for each delimiter that it may have. Only short texts are kept.
_KEPT = 4096
_PHONES_BY_CELLS = frozenset(_WORDS["phones_by_cells"].split())
# Behind all that are called numbers.
BY_CELLS = len(_WORDS["phones"])
_NUMBERS = frozenset(_WORDS["numbers"].split())
_SOUNDS_NOT = frozenset(_WORDS["sounds_not_like_phone"].split())
_FILLERS = frozenset(_WORDS["fillers"].split())
_ASIDES = frozenset(_WORDS["asides"].split())
_BRACKETED = re.compile(r"[(\[（【]\s*+([^\W\d_]++)?+[^)\]）】]*+[)\]）】]")
# Of which the words around them do not matter.
_OF_PEOPLE = frozenset({"name", "first_name", "middle_name", "last_name"})
# Where no spaces separate words, any part counts.
_PARTS = re.compile("|".join(word for word in _SOUNDS if not word.isascii()))


def squeezed(header: str) -> str:
    """`No. Telefon` as `notelefon`."""
    return unicodedata.normalize("NFC", "".join(filter(_counts, plain(header))))


def _counts(character: str) -> bool:
    # Marks that make a letter of Hindi or Thai stay; accents go.
    return character.isalnum() or (unicodedata.category(character)[0] == "M" and character > "\u036f")


_RECIPIENTS = frozenset(map(squeezed, _WORDS["recipients"].split()))
_PHONES = [frozenset(words.split()) for words in _WORDS["phones"]]
# A title of a number in any language, where the ranks say nothing better of it.
_TITLES_OF_PHONES = frozenset(map(squeezed, titles.words(PHONE)))
_FIELD_OF: dict[str, str] = {
    squeezed(word): field for field in titles.NAMES for word in titles.words(field)
} | {word: field for field, words in _WORDS["fields"].items() for word in words.split()}


def field(header: str) -> str:
    """The field that a header names, empty for none; for a phone number ask `phone_rank`."""
    return _field(header) if _may_be(header) else ""


@lru_cache(maxsize=_KEPT)
def _field(header: str) -> str:
    if found := _FIELD_OF.get(squeezed(header)):
        return found
    meant = {_FIELD_OF.get(each, "") for each in _cores(header)}
    return meant.pop() if len(meant) == 1 and meant <= _OF_PEOPLE else ""


def phone_rank(header: str) -> int | None:
    """How well a header suits the column of phone numbers, 0 best; None when it names something else."""
    return _phone_rank(header) if _may_be(header) else None


@lru_cache(maxsize=_KEPT)
def _phone_rank(header: str) -> int | None:
    ranks = [_rank(each) for each in (squeezed(header), *_cores(header))]
    if ranks[0] is not None:
        return ranks[0]
    found = [rank for rank in ranks[1:] if rank is not None]
    return min(found) if found and len(found) == len(ranks) - 1 else None


def _may_be(header: str) -> bool:
    """Most cells of a wide sheet are no headers, and need no closer look."""
    return len(header) <= _LONGEST and any(map(str.isalpha, header))


def _rank(word: str) -> int | None:
    found = next((rank for rank, words in enumerate(_PHONES) if word in words), None)
    return _PLAIN_PHONE if found is None and word in _TITLES_OF_PHONES else found


def _cores(header: str) -> list[str]:
    """The header without the words that do not matter, once for each language where there are two."""
    text = _BRACKETED.sub(lambda found: " " if (found[1] or "").casefold() in _ASIDES else found[0], header)
    return [core for side in re.split(r"[/|\n]", text) if (core := _core(side))]


def _core(text: str) -> str:
    return squeezed("".join(word for word in text.casefold().split() if squeezed(word) not in _FILLERS))


def sounds_like_phone(header: str) -> bool:
    """Whether a header in no list may mean a phone number; the cells of the column must confirm it."""
    if not _may_be(header):
        return False
    words = set(re.findall(r"[^\W\d_]+", header.casefold()))
    if sum(map(str.isdecimal, header)) >= _DIGITS and not _BRACKETED.search(header):
        # `Tel: 03-1234 5678` stands on a letterhead.
        return False
    return bool(words & _SOUNDS or _PARTS.search(header)) and not words & _SOUNDS_NOT


def asks_for_number(header: str) -> bool:
    """Whether a header is a question for a number; the cells of the column must confirm it."""
    asked = header.strip()
    if not _may_be(header) or not asked.endswith(("?", "？", "؟")):
        return False
    words = set(re.findall(r"[^\W\d_]+", asked.casefold()))
    return not words & _SOUNDS_NOT and any(
        word in _NUMBERS
        or (not word.isascii() and any(each in word for each in _NUMBERS if not each.isascii()))
        for word in words
    )


def is_phone_by_cells(header: str) -> bool:
    """Whether a header is that of numbers just where the cells of the column are numbers."""
    return _may_be(header) and squeezed(header) in _PHONES_BY_CELLS


def is_recipient(header: str) -> bool:
    """Whether a header is that of whom messages go to: an address, or a number where the cells are some."""
    return _may_be(header) and squeezed(header) in _RECIPIENTS


def is_known(header: str) -> bool:
    """Whether the header names a field."""
    return bool(field(header)) or phone_rank(header) is not None
