"""Letters that people and their keyboards put in the place of others. Pure.

Two kinds: letters of another alphabet that are drawn alike (a Cyrillic `о` in `stоp`), and signs and digits
that stand for a letter (`st0p`, `$top`). A reply is read in each way, and a way counts only when a known word
comes out.
The letters are those of Unicode's confusables (UTS #39) that people have on their keyboards.
"""

# Drawn like a Latin letter. The case was folded before: a capital stands here as its lower case.
_LATIN = {
    "a": "аαɑᴀꭺ", "b": "вβʙᏼ", "c": "сϲᴄꮯ", "d": "ԁᴅꭰ", "e": "еεᴇꭼ", "f": "ꜰ", "g": "ɡɢ", "h": "нһʜη",
    "i": "іιɪı", "j": "јᴊ", "k": "кκᴋ", "l": "ӏʟ", "m": "мμᴍ", "n": "νոɴп", "o": "оοσօᴏꮎ", "p": "рρᴘꮲ",
    "q": "ԛ", "r": "ʀг", "s": "ѕꜱꮪʂƨᔕ", "t": "тτᴛꭲ", "u": "υսᴜ", "v": "ѵᴠ", "w": "ԝωᴡ", "x": "хχ", "y": "уγʏ",
    "z": "ᴢζ",
}  # fmt: skip
# The other way round: a Latin or Greek letter within a Cyrillic word.
_CYRILLIC = {
    "а": "aα", "в": "bβ", "е": "eε", "к": "kκ", "м": "mμ", "н": "hη", "о": "oο", "р": "pρ", "с": "c",
    "т": "tτ", "у": "y", "х": "xχ", "п": "nπ",
}  # fmt: skip
_FOR_LETTERS = {
    "o": "0", "i": "1!", "e": "3€", "a": "4@", "s": "5$", "g": "6", "t": "7+†", "b": "8",
}  # fmt: skip


def _table(alike: dict[str, str]) -> dict[int, str]:
    return {ord(sign): letter for letter, signs in alike.items() for sign in signs}


_TO_LATIN, _TO_CYRILLIC, _TO_LETTERS = _table(_LATIN), _table(_CYRILLIC), _table(_FOR_LETTERS)
SIGNS = frozenset("$@€†+")
"""Those that are part of a word between letters or digits, although they are none."""


def readings(word: str) -> list[str]:
    """The other words that it may be read as."""
    latin = word.translate(_TO_LATIN)
    ways = [word.strip("".join(SIGNS)), latin, word.translate(_TO_CYRILLIC)]
    if word[:1] in SIGNS or (not word.isalpha() and any(map(str.isalpha, word))):
        ways.append(latin.translate(_TO_LETTERS))
    return [way for way in ways if way and way != word]


STOP_SIGNS = frozenset("\U0001f6d1\U0001f6ab\u26d4\U0001f4f5")
"""Emoji that are words: a stop sign, a prohibition, no entry, no telephones."""

# Capitals in squares and circles, white on black, of which Unicode does not say which letter they are.
_ENCLOSED = {first + offset: chr(ord("a") + offset) for first in (0x1F150, 0x1F170) for offset in range(26)}
# Letters that have no decomposition, and are written without their stroke where a keyboard lacks them.
_PLAIN = str.maketrans({"ı": "i", "đ": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ə": "e", "ŋ": "n"})
# Forms of one letter in Arabic and Urdu, of which people type one for another.
_ARABIC = str.maketrans("ىیےةۃہھکٱ", "يييههههكا", "ـ")
_UNIFORM = _ENCLOSED | _PLAIN | _ARABIC


def uniform(text: str) -> str:
    """Letters of one meaning become one letter."""
    return text if text.isascii() else text.translate(_UNIFORM)


def enclosed(text: str) -> str:
    """Letters in black squares and circles become letters."""
    return text if text.isascii() else text.translate(_ENCLOSED)
