"""A reply as it is compared with a word: folded. Pure.

Compatibility forms become the usual ones (full-width letters), and the fold removes case, invisible
characters (also control characters and halves of characters), and characters at either end that are not
letters, digits or marks. Whoever cuts a text calls `visible` first, because a word may stand behind thousands
of characters that nobody sees. What a reply means, `meaning` says.
"""

import re
import unicodedata
from collections.abc import Collection
from enum import Enum
from functools import lru_cache

from services.consent.lookalikes import STOP_SIGNS, enclosed


class Meaning(Enum):
    """The meaning of a reply; the values are those of `inbound.kind` in Postgres."""

    STOP = "stop"
    PERHAPS = "perhaps"
    START = "start"
    REPLY = "reply"


# No stop word is longer, folded.
LONGEST = 64

# The longest text that WhatsApp takes; whatever is behind is not looked at.
_LONGEST_TEXT = 65_536
# Of a longer text each end is looked at.
_LONGEST_END = 1000
_COMMON_UNSEEN = re.compile(
    "[\u00ad\u034f\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_SPACES = re.compile(" {2,}")
# A text that is longer, trimmed, is no word: composition makes one letter of four characters at most.
_LONGEST_TRIMMED = 4 * LONGEST
# Letters and marks that are drawn as nothing (Unicode's Default_Ignorable_Code_Point, without the categories
# that `_is_invisible` names): the joiner of graphemes, Hangul fillers, inherent vowels, variation selectors.
_IGNORABLE = frozenset(
    chr(code)
    for first, last in (
        (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065),
        (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF),
    )
    for code in range(first, last + 1)
)  # fmt: skip

# Signs at either end that are kept beside a word: a question mark, a dollar that stands for an S.
_SIGNS_KEPT = 8


def ends(text: str) -> str:
    """Returns a text that is too long to be looked at letter by letter without its middle.

    What is most often put between letters, and seen by nobody, is taken away first.
    """
    if len(text) <= 2 * _LONGEST_END:
        return text
    seen = _COMMON_UNSEEN.sub("", text[:_LONGEST_TEXT])
    spaced = _SPACES.sub(" ", seen)
    if len(spaced) <= 2 * _LONGEST_END:
        return spaced
    return f"{spaced[:_LONGEST_END]}\n{spaced[-_LONGEST_END:]}"


def visible(text: str) -> str:
    """Returns the text without what nobody sees, spaces made one, new lines kept, few signs at either end.

    So the words in it are near its beginning and its end. Its cost grows with the length of the text.
    """
    shown = enclosed(_shown(text))
    first, last = _word_ends(shown, signs=STOP_SIGNS)
    if first == last:
        return ""
    return shown[max(0, first - _SIGNS_KEPT) : last + _SIGNS_KEPT].strip()


def trimmed(text: str) -> str:
    """Returns the text without what nobody sees and without signs at either end, spaces made one."""
    shown = " ".join(_shown(text).split())
    first, last = _word_ends(shown)
    return shown[first:last]


def folded(text: str) -> str:
    """Returns the form in which words are compared; empty when nothing is left, or too much for a word."""
    short = trimmed(text)
    if len(short) > _LONGEST_TRIMMED:
        return ""
    # Twice, because the fold of a compatibility form may have one itself.
    word = trimmed(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", short).casefold()))
    return word if len(word) <= LONGEST else ""


def _shown(text: str) -> str:
    cut = text[:_LONGEST_TEXT]
    # Few characters are many times in a text: each is looked at once.
    unseen = {ord(character) for character in set(cut) if _is_invisible(character)}
    seen = cut.translate(dict.fromkeys(unseen)) if unseen else cut
    return "\n".join(filter(None, (" ".join(line.split()) for line in seen.splitlines())))


def _word_ends(words: str, *, signs: Collection[str] = ()) -> tuple[int, int]:
    """Where the first word begins, and where the last one ends; `signs` are words, too."""
    is_word = lru_cache(maxsize=None)(_has_word_character)
    start, end = 0, len(words)
    while start < end and not (is_word(words[start]) or words[start] in signs):
        start += 1
    while end > start and not (is_word(words[end - 1]) or words[end - 1] in signs):
        end -= 1
    return start, end


def _is_invisible(character: str) -> bool:
    """Format and control characters, halves of characters, and what is drawn as nothing.

    Line ends and tabs are control characters too, and separate words.
    """
    if " " <= character <= "~":
        return False
    category = unicodedata.category(character)
    return (
        category in ("Cf", "Cs") or (category == "Cc" and not character.isspace()) or character in _IGNORABLE
    )


def _has_word_character(character: str) -> bool:
    """Also in a sign that stands for a letter, as a circled one does."""
    if character.isascii():
        return character.isalnum()
    return any(unicodedata.category(plain)[0] in "LNM" for plain in unicodedata.normalize("NFKC", character))
