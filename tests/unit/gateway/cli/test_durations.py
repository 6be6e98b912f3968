from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.durations import length, written


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
def test_lengths_as_people_write_them(text, expected):
    assert length(text) == expected


@pytest.mark.parametrize(
    "text", ["", "5", "soon", "5 m", "-5m", "5m!", "1w", "10000d", "12:30", "1e3s", "٥m"]
)
def test_what_is_no_length(text):
    with pytest.raises(ValueError, match="write it like"):
        length(text)


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=9_999)))
def test_what_is_written_is_read_as_the_same(value):
    assert length(written(value)) == value
