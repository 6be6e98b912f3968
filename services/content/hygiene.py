r"""Removes characters that nobody sees: control, bidirectional and invisible characters.

They are removed from templates, names and attributes alike. What is invisible but needed stays: joiners
inside an emoji sequence, after the virama of an Indic script and between two letters of a script that
joins them (Arabic, Tamil, …), variation selectors of emoji, keycaps, Han and Mongolian, and the tags of a
flag. Newlines of every kind become one `\n`, a tab becomes a space. Lone surrogates, which no UTF-8 can
carry, and noncharacters go too. Cleaning twice changes nothing, and takes time linear in the text.
"""

import re
from collections.abc import Iterator

from services.content import unicode_tables as tables
from services.content.characters import char_class, code_points, is_pictograph

_PLANES = " ".join(f"{plane:X}FFFE-{plane:X}FFFF" for plane in range(1, 17))
# Control characters but the newline; default-ignorable, format and other invisible ones; no characters.
_SUSPECT = re.compile(
    "["
    + char_class(
        "0-9 B-1F 7F-9F AD 34F 61C 115F-1160 17B4-17B5 180B-180F 200B-200F 2028-202E 2060-206F 2800 3164"
        " D800-DFFF FDD0-FDEF FE00-FE0F FEFF FFA0 FFF0-FFFC FFFE-FFFF 13430-1343F 1BCA0-1BCA3 1D173-1D17A"
        f" E0000-E0FFF {_PLANES}"
    )
    + "]"
)
_NEWLINES = frozenset("\r\v\f\x85\u2028\u2029")
_JOINERS = frozenset("\u200c\u200d")
_EMOJI_STYLES = frozenset("\ufe0e\ufe0f")
_MONGOLIAN_SELECTORS = frozenset("\u180b\u180c\u180d\u180f")
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_KEYCAP = "\u20e3"
# A flag of a part of a country: the black flag, tags, and their end.
_FLAG = re.compile("\U0001f3f4([\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)")

_VIRAMAS = code_points(tables.VIRAMA)
_JOINING = {code: script for script, ranges in tables.JOINING.items() for code in code_points(ranges)}
_HAN = code_points(tables.TOGETHER["Han"])
_MONGOLIAN = code_points(tables.JOINING["Mongolian"])


def clean(text: str) -> str:
    """The text without the characters that nobody sees."""
    if text.isascii() and text.isprintable():
        return text
    if _SUSPECT.search(text) is None:
        return text
    return "".join(char for _, char in kept(text))


def clean_line(text: str) -> str:
    """As `clean`, on one line: runs of white space become one space, none at the ends."""
    return " ".join(clean(text).split())


def kept(text: str) -> Iterator[tuple[int, str]]:
    """Each character that stays, with the place where it, or what it stands for, was."""
    flags = {at for flag in _FLAG.finditer(text) for at in range(*flag.span(1))}
    before = base = ""
    for at, char in enumerate(text):
        after = text[at + 1 : at + 2]
        if _SUSPECT.match(char):
            instead = char if at in flags else _instead(char, before, base, after)
            if not instead:
                continue
            char = instead  # noqa: PLW2901 - what stays in its place
        yield at, char
        before = char
        if char not in _EMOJI_STYLES and char not in _SKIN_TONES:
            base = char


def _instead(char: str, before: str, base: str, after: str) -> str:
    """What stays of a suspect: mostly nothing. `base` is `before` but for an emoji's style and tone."""
    if char in _NEWLINES:
        return "" if char == "\r" and after == "\n" else "\n"
    if char == "\t":
        return " "
    return char if before and _needed(char, before, base, after) else ""


def _needed(char: str, before: str, base: str, after: str) -> bool:
    if char in _JOINERS:
        return _joins(char, before, base, after)
    if char in _EMOJI_STYLES:
        return is_pictograph(before) or (before in "0123456789#*" and after == _KEYCAP)
    if char in _MONGOLIAN_SELECTORS:
        return ord(before) in _MONGOLIAN and not _SUSPECT.match(before)
    if "\ufe00" <= char <= "\ufe02" or "\U000e0100" <= char <= "\U000e01ef":
        return ord(before) in _HAN
    return False


def _joins(char: str, before: str, base: str, after: str) -> bool:
    if ord(before) in _VIRAMAS:
        return True
    if not after or _SUSPECT.match(after):
        return False
    if char == "\u200d" and is_pictograph(after):
        return is_pictograph(base)
    script = _JOINING.get(ord(before))
    return script is not None and not _SUSPECT.match(before) and script == _JOINING.get(ord(after))
