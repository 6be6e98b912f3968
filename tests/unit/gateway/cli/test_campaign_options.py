"""What is typed after `kompang campaigns`."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from gateway.cli.campaigns.options import duration, start, text_of


@pytest.mark.parametrize(
    ("at", "timezone", "remedy"),
    [
        ("2026-12-01T09:00", "", "add --timezone"),
        ("2026-12-01T09:00Z", "Asia/Kuala_Lumpur", "leave out the offset"),
        ("tomorrow", "", "write it like"),
        ("09:00", "UTC", "write it like"),
        # Beyond what a time can be, as soon as it is turned to UTC.
        ("9999-12-31T23:59:59-12:00", "", "write it like"),
        ("0001-01-01T00:00+14:00", "", "write it like"),
        ("", "Asia/Kuala_Lumpur", "without --at"),
    ],
)
def test_a_time_that_nobody_can_mean_is_refused_with_the_remedy(at: str, timezone: str, remedy: str):
    with pytest.raises(typer.BadParameter, match=remedy):
        start(at, timezone)


def test_a_time_is_that_of_its_offset_or_of_the_zone():
    moment = start("2026-12-01T09:00+08:00", "")["start_time"].ToDatetime(tzinfo=UTC)
    assert moment == datetime(2026, 12, 1, 1, tzinfo=UTC)
    local = start("2026-12-01T09:00", "Asia/Kuala_Lumpur")["local_start_time"]
    assert (local.date_time, local.timezone) == ("2026-12-01T09:00", "Asia/Kuala_Lumpur")
    assert start("", "") == {}


def test_a_length_is_written_as_everywhere():
    assert duration("") is None
    made = duration("1m30s")
    assert made is not None
    assert made.ToTimedelta().total_seconds() == 90


def test_a_text_of_nothing_is_refused(tmp_path: Path):
    (tmp_path / "empty").write_text(" \n")
    for said in ("", " ", f"@{tmp_path / 'empty'}"):
        with pytest.raises(typer.BadParameter, match="is empty"):
            text_of(said)
    (tmp_path / "text").write_text("Hi\n{name}")
    assert text_of(f"@{tmp_path / 'text'}") == "Hi\n{name}"
