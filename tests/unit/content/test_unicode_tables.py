"""The committed tables against the Unicode that this Python knows, where the two can be compared."""

import sys
import unicodedata
from collections.abc import Iterator

from infra.unicode_tables import compact
from services.content import unicode_tables as tables
from services.content.characters import code_points, is_letter, is_mark


def everything() -> Iterator[str]:
    return (char for char in map(chr, range(sys.maxunicode + 1)) if not "\ud800" <= char <= "\udfff")


def test_letters_and_marks():
    for char in everything():
        now, long_ago = unicodedata.category(char), unicodedata.ucd_3_2_0.category(char)
        for is_kind, kind in ((is_letter, "L"), (is_mark, "M")):
            if is_kind(char):
                assert now[0] == kind or now == "Cn", hex(ord(char))
            else:
                assert not (now[0] == kind and long_ago != "Cn"), hex(ord(char))


def test_digits_are_in_tens():
    digits = code_points(tables.DIGIT)
    for pair in tables.DIGIT.split():
        first, _, last = pair.partition("-")
        assert (int(last, 16) - int(first, 16) + 1) % 10 == 0
        assert unicodedata.decimal(chr(int(first, 16)), 0) == 0
    assert {ord(char) for char in "0９٥௧"} <= digits


def test_ranges_are_written_short():
    assert compact([(0x43, 0x43), (0x41, 0x42), (0x50, 0x60), (0x55, 0x5A)]) == "41-43 50-60"
