"""Kinds of characters, by tables that are the same in every Python."""

import re

from services.content import unicode_tables as tables


def char_class(ranges: str) -> str:
    """The inside of a regular expression's `[…]` for ranges written as `41-5A AA`."""
    # The characters themselves: `re` takes seven times as long to read them as escapes, at each start.
    return "".join(
        "-".join(re.escape(chr(int(code, 16))) for code in pair.split("-")) for pair in ranges.split()
    )


def code_points(ranges: str) -> set[int]:
    """Every code point of the ranges."""
    pairs = (pair.partition("-") for pair in ranges.split())
    return {code for first, _, last in pairs for code in range(int(first, 16), int(last or first, 16) + 1)}


LETTERS = char_class(tables.LETTER)
MARKS = char_class(tables.MARK)

_LETTER = re.compile(f"[{LETTERS}]")
_MARK = re.compile(f"[{MARKS}]")
_PICTOGRAPH = re.compile(f"[{char_class(tables.PICTOGRAPH)}]")


def has_letter(text: str) -> bool:
    """Whether there is a letter of any script in it."""
    return _LETTER.search(text) is not None


def is_letter(char: str) -> bool:
    """A letter of any script."""
    return _LETTER.match(char) is not None


def is_mark(char: str) -> bool:
    """A combining mark: an accent, a vowel sign, a variation selector."""
    return _MARK.match(char) is not None


def is_pictograph(char: str) -> bool:
    """An emoji, or a character that may become one."""
    return _PICTOGRAPH.match(char) is not None
