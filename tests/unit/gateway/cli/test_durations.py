"""Durations as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", timedelta()),
        ("5m", timedelta(minutes=5)),
        ("1d12h", timedelta(hours=36)),
        ("1d 12h", timedelta(hours=36)),
        ("1.5h", timedelta(minutes=90)),
        ("0.000001s", timedelta(microseconds=1)),
        ("500ms", timedelta(milliseconds=500)),
    ],
)
def test_a_duration_is_read_as_people_write_it(text, expected):
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["", "5", "soon", "5 m", "-5m", "5m!", "1w", "10000d", "12:30", "1e3s", "٥m"]
)
def test_a_text_that_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="write it like"):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=9_999)))
def test_a_formatted_duration_is_read_as_the_same(value):
    assert parse_duration(format_duration(value)) == value
