"""Stop words and start words: which replies opt a person out, and which take that back. Pure.

A word counts only as a whole message: "STOP!", "*stop*" and "Stop 🛑" do, "please do not stop" does not.
Words are folded before they are compared: compatibility forms become the usual ones (full-width letters), and
the fold removes case, invisible characters (also control characters and halves of characters), and characters
at either end that are not letters, digits or marks. Whoever cuts a text calls `trimmed` first, because a word
may stand behind thousands of characters that nobody sees.

The list of stop words is long, because a wrong stop costs a person least; the list of start words is short,
and a start word undoes nothing but a stop word.
"""

import unicodedata
from collections.abc import Collection
from enum import Enum


class Meaning(Enum):
    """The meaning of a reply; the values are those of `inbound.kind` in Postgres."""

    STOP = "stop"
    START = "start"
    REPLY = "reply"


# No stop word is longer, folded.
LONGEST = 64

# The longest text that WhatsApp takes; whatever is behind is not looked at.
_LONGEST_TEXT = 65_536
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

_STOP = (
    # English, with the words that carriers reserve
    "stop", "stop all", "stopall", "stop it", "stop messages", "unsubscribe", "unsub", "cancel", "end",
    "quit", "opt out", "opt-out", "optout", "remove me", "stop promotions",
    # Malay and Indonesian
    "berhenti", "henti", "hentikan", "batal", "batalkan", "stop promosi", "keluar", "nyahlanggan",
    "berhenti langganan", "jangan hubungi saya", "jangan hubungi saya lagi", "jangan mesej saya",
    # Chinese; TD is what senders in China tell people to reply
    "停", "停止", "退订", "退訂", "取消", "取消订阅", "取消訂閱", "拒收", "不要再发", "不要再發", "别再发了",
    "別再發了", "td",
    # Tamil
    "நிறுத்து", "நிறுத்தவும்", "நிறுத்துங்கள்", "வேண்டாம்", "ரத்து", "ரத்து செய்",
    # Arabic
    "توقف", "قف", "إيقاف", "ايقاف", "أوقف", "اوقف", "إلغاء", "الغاء", "إلغاء الاشتراك", "الغاء الاشتراك",
)  # fmt: skip

_START = (
    "start", "unstop", "resume", "subscribe",
    "mula", "mulai", "mula semula", "sambung", "langgan",
    "开始", "開始", "恢复", "恢復", "订阅", "訂閱",
    "தொடங்கு", "தொடங்கவும்", "ஆரம்பி",
    "ابدأ", "ابدا", "بدء", "استئناف",
)  # fmt: skip


def trimmed(text: str) -> str:
    """Returns the text without what nobody sees and without signs at either end, spaces made one.

    So the words in it are at its beginning. Its cost grows with the length of the text and no faster.
    """
    visible = "".join(character for character in text[:_LONGEST_TEXT] if not _is_invisible(character))
    return _without_ends(" ".join(visible.split()))


def folded(text: str) -> str:
    """Returns the form in which words are compared; empty when nothing is left, or too much for a word."""
    short = trimmed(text)
    if len(short) > _LONGEST_TRIMMED:
        return ""
    # Twice, because the fold of a compatibility form may have one itself.
    word = trimmed(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", short).casefold()))
    return word if len(word) <= LONGEST else ""


def meaning(text: str) -> Meaning:
    """Returns the meaning of a folded text, by the words that every account has."""
    return _MEANINGS.get(text, Meaning.REPLY)


def clash(stop_words: Collection[str], start_words: Collection[str]) -> str | None:
    """Returns a folded word of an account that would mean both, or that would undo a word of the product."""
    for word in stop_words:
        if word in start_words or meaning(word) is Meaning.START:
            return word
    return next((word for word in start_words if meaning(word) is Meaning.STOP), None)


def _without_ends(words: str) -> str:
    start, end = 0, len(words)
    while start < end and not _has_word_character(words[start]):
        start += 1
    while end > start and not _has_word_character(words[end - 1]):
        end -= 1
    return words[start:end]


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


_MEANINGS = {folded(word): Meaning.START for word in _START} | {folded(word): Meaning.STOP for word in _STOP}
