"""Attacked: the time of whatever reads a text of a stranger, from a cell of a file to a person's reply."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.campaigns.filter import FilterError, parse
from gateway.imports.cells.dates import read_moment
from gateway.imports.cells.phone import read_phone
from gateway.imports.cells.text import cell_text, language
from gateway.imports.columns.attribute_key import unique_attribute
from gateway.imports.columns.header import resolve
from gateway.imports.columns.header_row import looks_like_phone
from gateway.imports.columns.synonyms import is_known, sounds_like_phone
from gateway.imports.errors import FileError, RowError
from gateway.imports.reading.encoding import detect
from gateway.imports.reading.plan import Hints, make_plan
from gateway.imports.reading.records import Records
from gateway.imports.wishes.answer import answer, opts_out
from gateway.imports.wishes.channel_list import channels
from gateway.imports.wishes.english_notes import remarked
from gateway.imports.wishes.legend import is_legend
from gateway.imports.wishes.nested import leaves
from gateway.imports.wishes.notes import wants_none
from gateway.imports.wishes.title import Title
from gateway.phones import Notation
from services.consent.meaning import meaning
from services.consent.promise import Readings, TooManyPromises, unheard
from services.content.lookalikes import look_alikes
from services.content.names import called
from services.content.template import Template, TemplateError
from services.content.weak import weakest
from tests.support.linear import assert_linear
from tests.support.processor import taken_s

_MALAYSIA = Notation("MY")
_HINTS = Hints("", "", {})
_REFUSALS = (RowError, FileError, FilterError, TemplateError, TooManyPromises)


def refused(read: Callable[[str], object]) -> Callable[[str], object]:
    """A refusal is an answer."""

    def asked(text: str) -> object:
        try:
            return read(text)
        except _REFUSALS as refusal:
            return refusal

    return asked


def plan(text: str) -> object:
    return make_plan(text.encode("utf-8", "surrogatepass"), _HINTS, final=True)


def rows(text: str) -> object:
    records = Records("utf-8", ",")
    records.feed(text.encode("utf-8", "surrogatepass"), final=True)
    while records.has_more:
        records.take(50)
    return records.place


def titles(text: str) -> object:
    return resolve(["phone", *text.split(",")], [], {})


def moment(text: str) -> datetime:
    return read_moment(text, ZoneInfo("UTC"), month_first=False)


READERS: dict[str, Callable[[str], object]] = {
    "phone": lambda text: read_phone(text, _MALAYSIA),
    "moment": moment,
    "wish": answer,
    "wish of a tag": opts_out,
    "channels": channels,
    "title of a wish": Title.of,
    "values of a cell": leaves,
    "note": wants_none,
    "English note": remarked,
    "legend": is_legend,
    "language": language,
    "cell": cell_text,
    "looks like a phone": looks_like_phone,
    "title": is_known,
    "sounds like a phone": sounds_like_phone,
    "attribute": lambda text: unique_attribute(text, 1, {}),
    "titles": titles,
    "file": plan,
    "encoding": lambda text: detect(text.encode("utf-8", "surrogatepass")),
    "rows": rows,
    "filter": parse,
    "template": lambda text: weakest(Template.parse(text)),
    "look-alikes": look_alikes,
    "name": called,
    "reply": meaning,
    "promise": lambda text: list(unheard(text, Readings(), is_footer=True)),
}
# A part that is repeated, what stands before it and what stands behind.
HARD = [
    ("1", "'", "1"), ("", "'", "1"), ("", " ", "x"), ("1", ")", "x"), ("", "(", "a"), ("", "(a", ""),
    ("", "{", ""), ("", "{a|", "}"), ("", "{a|b}", ""), ("", ". ", "x"), ("", ".", "x"), ("", '"\n', ""),
    ("", '"', "x"), ("", "\n", ""), ("", ",\n", ""), ("", "a\n", ""), ("", "0", "x"), ("+", "1", ""),
    ("", "1 ", "x"), ("", "1;", ""), ("", "60123456789/", ""), ("", "ab,", ""), ("", "attributes.a=", "\\"),
    ("", "NOT ", ""), ('"', "\\", ""), ("", "\\", ""), ("", "\u0430b", ""), ("", "e\u0301", ""),
    ("", "\ufdfa", ""), ("", "\u200b", "stop"), ("", "\udc80,", ""), ("", "A.", ""), ("", "phone=1&", "\n"),
    ("https://api.whatsapp.com/send?", "phone=1&", "\n"), ("", "\U0001f468\u200d", ""), ("[", "[", ""),
    ("", "Dr ", ""), ("", "12.", ""), ("", "no. tel ", "("),
    ("", "stop ", ""), ("", "no ", "stop"), ("", "don't want ", ""), ("", "不要", ""), ("", "reply FOO ", ""),
    ("a:", " ", "{"), ("a", " ", "{:"), ("{'name':'", "a", "'}"), ("a:1:{", 's:1:"', ""), ("a=1", ";a=1", ""),
]  # fmt: skip
_FEW, _MANY = 200, 700
# So long a text is read in a moment, but for what is quadratic.
_QUICK_S = 0.03


@pytest.mark.parametrize("reader", READERS)
def test_reading_takes_linear_time_whatever_the_text(reader: str) -> None:
    read = refused(READERS[reader])
    for before, part, behind in HARD:
        if taken_s(lambda: read(before + part * _MANY + behind)) > _QUICK_S:  # noqa: B023 - run at once
            assert_linear(lambda count: read(before + part * count + behind), _FEW)  # noqa: B023 - run at once


def test_equal_titles_get_their_numbers_in_linear_time() -> None:
    assert_linear(lambda count: resolve(["phone", *["x"] * min(count, 1900)], [], {}), 300)


def test_a_moment_is_read_still() -> None:
    assert moment("Monday, 5 January 2026 at 14:05:06 GMT+8") == datetime(2026, 1, 5, 6, 5, 6, tzinfo=UTC)
