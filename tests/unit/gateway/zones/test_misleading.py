"""A zone whose name says something else than people read in it is refused with the place that was meant."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from gateway.zones.misleading import misleading
from gateway.zones.store import refusal


@pytest.mark.parametrize(
    ("name", "country", "words"),
    [
        ("Etc/GMT-8", "MY", ("UTC+8", "sign", "probably Asia/Kuala_Lumpur")),
        # Whoever writes it for Malaysia means the other sign.
        ("Etc/GMT+8", "MY", ("UTC-8", "sign", "probably Asia/Kuala_Lumpur")),
        ("Etc/GMT+8", "US", ("UTC-8", "probably America/Los_Angeles")),
        ("Etc/GMT-7", "ID", ("UTC+7", "probably Asia/Jakarta")),
        ("Etc/GMT-8", "", ("UTC+8", "Asia/Kuala_Lumpur for UTC+8", "America/Los_Angeles for UTC-8")),
        ("GMT-3", "BR", ("UTC+3", "probably America/Sao_Paulo")),
        ("Etc/GMT-14", "MY", ("UTC+14", "Pacific/Kiritimati")),
        ("posix/Etc/GMT-8", "SG", ("UTC+8", "Asia/Singapore")),
        ("Factory", "MY", ("no place", "Asia/Kuala_Lumpur")),
        ("posixrules", "", ("no place", "Asia/Kuala_Lumpur")),
        ("localtime", "DE", ("no place", "Europe/Berlin")),
        ("right/Asia/Tokyo", "", ("write Asia/Tokyo",)),
        ("EST", "", ("UTC-5", "America/New_York", "America/Panama")),
        ("MST", "", ("UTC-7", "America/Denver", "America/Phoenix")),
    ],
)
def test_it_says_what_the_name_is_and_what_was_meant(name, country, words):
    text = misleading(name, country)
    assert text is not None
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    "name",
    [
        "UTC",
        "Etc/UTC",
        "GMT",
        "Etc/GMT",
        "GMT+0",
        "Etc/GMT-0",
        "Etc/GMT0",
        "Singapore",
        "US/Eastern",
        "CET",
        "HST",
    ],
)
def test_names_that_say_what_they_are_are_taken(name):
    assert misleading(name) is None


def test_every_zone_whose_name_has_a_number_of_hours_that_it_does_not_mean_is_refused():
    """All zones there are: whose name has a sign and hours must show that time, or is refused."""
    winter = datetime(2026, 1, 1, tzinfo=UTC)
    wrong = []
    for name in sorted(available_timezones()):
        sign = (
            name.rpartition("-")[2] if "GMT-" in name else name.rpartition("+")[2] if "GMT+" in name else ""
        )
        if not sign.isdecimal():
            continue
        said = timedelta(hours=int(sign) * (-1 if "-" in name else 1))
        if winter.astimezone(ZoneInfo(name)).utcoffset() != said and not refusal(name, {name}):
            wrong.append(name)
    assert wrong == []


def test_a_zone_that_nobody_knows_is_refused_and_a_known_one_is_taken():
    assert "no IANA time zone" in (refusal("Asia/Kuala Lumpur", {"UTC"}) or "")
    assert refusal("Asia/Kuala_Lumpur", {"Asia/Kuala_Lumpur"}, "MY") is None
