"""A row is a lead, or is refused with its own reason."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buf.validate import validate_pb2
from gateway.imports import cells
from gateway.imports.fault import RowFault
from gateway.leads.draft import Consent
from gateway.phones import Notation
from kompang.v1 import leads_pb2
from tests.unit.gateway.imports.reading import NOW, leads, refused, wanted

MY = Notation("MY")


@pytest.mark.parametrize(
    "cell",
    [
        "0123456789",
        "012-345 6789",
        "+60 12 345 6789",
        "+60 (0)12-345 6789",
        "0060123456789",
        "(012) 3456789",
        "'0123456789",
        "'+60123456789",
        "60123456789",
        "123456789",
        '="0123456789"',
        "012.345.6789",
        "\u202a+60\u00a012\u2011345 6789\u202c",
        "tel:+60123456789",
        "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19",
        "60123456789@s.whatsapp.net",
        "60123456789.0",
        "  +60123456789  ",
        "012\u2013345\u20136789",
    ],
)
def test_one_number_in_many_ways(cell: str) -> None:
    assert cells.phone(cell, MY) == "+60123456789"


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "PHONE_EMPTY"),
        ("'", "PHONE_EMPTY"),
        ("6.01E+10", "PHONE_SCIENTIFIC"),
        ("6,01234E+10", "PHONE_SCIENTIFIC"),
        ("6E10", "PHONE_SCIENTIFIC"),
        ("012-3456789 / 019-8765432", "PHONE_SEVERAL"),
        ("0123456789, 0198765432", "PHONE_SEVERAL"),
        ("0123456789\n0198765432", "PHONE_SEVERAL"),
        ("0123456789 or 0198765432", "PHONE_SEVERAL"),
        ("0123456789 0198765432", "PHONE_SEVERAL"),
        ("+60123456789 ::: +60198765432", "PHONE_SEVERAL"),
        ("03-2095 0000 ext 12", "PHONE_EXTENSION"),
        ("03-20950000 x12", "PHONE_EXTENSION"),
        ("0123456789 (Ali)", "PHONE_LETTERS"),
        ("n/a", "PHONE_LETTERS"),
        ("-", "PHONE_CHARACTERS"),
        ("012*345*6789", "PHONE_CHARACTERS"),
        ("+999123456789", "PHONE_COUNTRY_CODE"),
        ("012345", "PHONE_TOO_SHORT"),
        ("+6012345", "PHONE_TOO_SHORT"),
        ("01234567890123", "PHONE_TOO_LONG"),
        ("6591234567", "PHONE_NOT_VALID"),
        ("0000000000", "PHONE_COUNTRY_CODE"),
    ],
)
def test_reasons(cell: str, reason: str) -> None:
    with pytest.raises(RowFault) as caught:
        cells.phone(cell, MY)
    assert caught.value.reason == reason
    assert caught.value.because.startswith("phone: ")


def test_local_notation_needs_a_country() -> None:
    with pytest.raises(RowFault) as caught:
        cells.phone("012-345 6789", Notation(""))
    assert caught.value.reason == "PHONE_NO_COUNTRY"
    assert cells.phone("0060123456789", Notation("")) == "+60123456789"
    assert cells.phone("0060123456789", Notation("US")) == "+60123456789"


@given(st.text(max_size=40))
def test_any_cell_is_a_number_or_refused(cell: str) -> None:
    try:
        found = cells.phone(cell, MY)
    except RowFault as fault:
        assert fault.because  # noqa: PT017
        return
    assert found[0] == "+"
    assert found[1:].isdecimal()
    assert found.isascii()


@given(st.text(max_size=40))
def test_any_cell_is_a_time_or_refused(cell: str) -> None:
    try:
        assert cells.moment(cell, NOW.tzinfo, month_first=False).tzinfo is UTC  # type: ignore[arg-type]
    except RowFault as fault:
        assert fault.reason == "CONSENT_TIME"  # noqa: PT017


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-01-31", datetime(2026, 1, 30, 16, tzinfo=UTC)),
        ("31/1/2026", datetime(2026, 1, 30, 16, tzinfo=UTC)),
        ("31-01-26 14:05", datetime(2026, 1, 31, 6, 5, tzinfo=UTC)),
        ("31.01.2026 2:05 PM", datetime(2026, 1, 31, 6, 5, tzinfo=UTC)),
        ("2026-01-31T14:05:06Z", datetime(2026, 1, 31, 14, 5, 6, tzinfo=UTC)),
        ("2026-01-31 14:05:06.123456+02:00", datetime(2026, 1, 31, 12, 5, 6, tzinfo=UTC)),
        ("46053", datetime(2026, 1, 30, 16, tzinfo=UTC)),
    ],
)
def test_dates(cell: str, expected: datetime) -> None:
    content = f"phone,consent_time,consent_source\n0123456789,{cell},form\n".encode()
    [one] = wanted(content)
    assert one.draft.consent == Consent("form", "", expected)


def test_month_first_where_they_write_so() -> None:
    content = b"phone,consent_time,consent_source\n+60123456789,01/31/2026,form\n"
    assert refused(content) == [(2, "CONSENT_TIME")]
    [one] = wanted(content, month_first=True)
    assert one.draft.granted_at == datetime(2026, 1, 30, 16, tzinfo=UTC)


def test_consent_of_all_and_of_each() -> None:
    general = Consent("counter", "Yes to all", NOW)
    content = (
        b"phone,consent,consent_source,consent_time\n"
        b"0123456781,,,\n0123456782,no,,\n0123456783,yes,web,2026-01-31T00:00:00Z\n0123456784,maybe,,\n"
        b"0123456785,,,2031-01-01\n"
    )
    found = {
        one.draft.phone[-1]: (one.draft.consent, one.is_undated) for one in wanted(content, consent=general)
    }
    assert found == {
        "1": (general, False),
        "2": (None, False),
        "3": (Consent("web", "Yes to all", datetime(2026, 1, 31, tzinfo=UTC)), False),
    }
    assert refused(content) == [(5, "CONSENT"), (6, "CONSENT_TIME")]
    assert [one.draft.consent is None for one in wanted(content)] == [True, True, False]
    undated = wanted(content, consent=general, is_dated=False)
    assert [one.is_undated for one in undated] == [True, False, False]


def test_triggers_and_devices() -> None:
    content = (
        b"phone,trigger,device\n0123456781,COLD,devices/7\n0123456782,,7\n0123456783,NOPE,\n"
        b"0123456784,,9\n0123456785,,011-1234 5678\n"
    )
    options = {"triggers": ["COLD", "WARM"], "trigger": "WARM", "devices": {"7": 7, "+601112345678": 7}}
    found = [(one.draft.trigger, one.draft.device_id) for one in wanted(content, **options)]
    assert found == [("COLD", 7), ("WARM", 7), ("WARM", 7)]
    assert refused(content, **options) == [(4, "UNKNOWN_TRIGGER"), (5, "UNKNOWN_DEVICE")]


def test_limits() -> None:
    wide = ",".join(f"c{n}" for n in range(60))
    cases = {
        "NAME_TOO_LONG": f"name,phone\n{'x' * 201},0123456789\n",
        "ATTRIBUTE_TOO_LONG": f"phone,note\n0123456789,{'x' * 1001}\n",
        "TOO_MANY_ATTRIBUTES": f"phone,{wide}\n0123456789{',x' * 60}\n",
        "TOO_MANY_CELLS": "phone,name\n0123456789,Ali, Jr\n",
        "CHARACTERS": "phone,name\n0123456789,A\0i\n",
        "TIMEZONE": "phone,timezone\n0123456789,Malaysia\n",
        "LANGUAGE": "phone,language\n0123456789,Bahasa Malaysia\n",
    }
    for reason, text in cases.items():
        assert refused(text.encode(), encoding="utf-8") == [(2, reason)]


def test_names_and_attributes() -> None:
    content = b"first name,last name,phone,city,empty\n Siti \n,Aminah ,0123456789, Ipoh ,\n"
    assert leads(b'first name,last name,phone\n" Siti\n",Aminah ,0123456789\n') == [
        ("+60123456789", "Siti Aminah")
    ]
    assert refused(content)
    [one] = wanted(b"phone,city,empty\n0123456789, Ipoh ,\n")
    assert one.draft.attributes == {"city": "Ipoh"}


def test_language_and_timezone_are_no_attributes() -> None:
    content = b"phone,tz,lang\n0123456781, Asia/Tokyo ,ja\n0123456782,,zh_Hant\n0123456783\n"
    found = wanted(content)
    assert [(one.draft.timezone, one.draft.language) for one in found] == [
        ("Asia/Tokyo", "ja"), ("", "zh-Hant"), ("", ""),
    ]  # fmt: skip
    assert not any(one.draft.attributes for one in found)


def test_a_zone_is_one_that_the_database_knows() -> None:
    """Not one that Python knows: the database reckons in it, and would refuse the whole batch."""
    content = b"phone,timezone\n0123456781,Asia/Tokyo\n0123456782,Europe/Berlin\n0123456783,asia/tokyo\n"
    assert refused(content) == [(3, "TIMEZONE"), (4, "TIMEZONE")]


def test_a_language_is_what_the_api_takes() -> None:
    options: Any = leads_pb2.Lead.DESCRIPTOR.fields_by_name["language"].GetOptions()
    pattern = re.compile(options.Extensions[validate_pb2.field].string.pattern)
    for tag in (
        "",
        "ms",
        "zh-Hant-TW",
        "zh-",
        "-ms",
        "m",
        "ms-MY.UTF8",
        "bahasa melayu",
        "华语",
        "en-" * 7 + "x",
    ):
        assert _is_language(tag) == bool(pattern.fullmatch(tag)), tag


def _is_language(cell: str) -> bool:
    try:
        return cells.language(cell) == cell
    except RowFault:
        return False


def test_the_first_of_two_rows_with_one_number_counts() -> None:
    content = b"name,phone\nFirst,0123456789\nSecond,+60 12-345 6789\n"
    assert leads(content) == [("+60123456789", "First")]
    assert not refused(content)


def test_no_value_is_told() -> None:
    content = (
        b"phone,name,trigger,timezone,language\nsecret,x,y,z,\n0123456789,a,secret,,\n0123456788,a,,secret,\n"
        b"0123456787,a,,,secret one\n"
    )
    from tests.unit.gateway.imports.reading import read

    told = [one.because for batch in read(content) for one in batch.refused]
    assert len(told) == 4
    assert "secret" not in str(told)
