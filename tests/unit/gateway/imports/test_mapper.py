"""A row is a lead, or is refused with its own reason."""

from datetime import UTC, datetime

import pytest

from gateway.leads.model import Consent
from tests.unit.gateway.imports.reading import NOW, leads, refused, wanted


def test_month_first_where_they_write_so() -> None:
    content = b"phone,consent_time,consent_source\n+60123456789,01/31/2026,form\n"
    assert refused(content) == [(2, "CONSENT_TIME")]
    [one] = wanted(content, month_first=True)
    assert one.entry.draft.granted_at == datetime(2026, 1, 30, 16, tzinfo=UTC)


def test_consent_of_all_and_of_each() -> None:
    general = Consent("counter", "Yes to all", NOW)
    content = (
        b"phone,consent,consent_source,consent_time\n"
        b"0123456781,,,\n0123456782,no,,\n0123456783,yes,web,2026-01-31T00:00:00Z\n0123456784,maybe,,\n"
        b"0123456785,,,2031-01-01\n"
    )
    found = {
        one.entry.draft.phone[-1]: (one.entry.draft.consent, one.entry.is_undated)
        for one in wanted(content, consent=general)
    }
    assert found == {
        "1": (general, False),
        "2": (None, False),
        "3": (Consent("web", "Yes to all", datetime(2026, 1, 31, tzinfo=UTC)), False),
    }
    assert refused(content) == [(5, "CONSENT"), (6, "CONSENT_TIME")]
    assert [one.entry.draft.consent is None for one in wanted(content)] == [True, True, False]
    undated = wanted(content, consent=general, is_dated=False)
    assert [one.entry.is_undated for one in undated] == [True, False, False]


def test_triggers_and_devices() -> None:
    content = (
        b"phone,trigger,device\n0123456781,COLD,devices/7\n0123456782,,7\n0123456783,NOPE,\n"
        b"0123456784,,9\n0123456785,,011-1234 5678\n"
    )
    options = {"triggers": ["COLD", "WARM"], "trigger": "WARM", "devices": {"7": 7, "+601112345678": 7}}
    found = [(one.entry.draft.trigger, one.entry.draft.device_id) for one in wanted(content, **options)]
    assert found == [("COLD", 7), ("WARM", 7), ("WARM", 7)]
    assert refused(content, **options) == [(4, "UNKNOWN_TRIGGER"), (5, "UNKNOWN_DEVICE")]


def test_limits() -> None:
    cases = {
        "NAME_TOO_LONG": f"name,phone\n{'x' * 201},0123456789\n",
        "ATTRIBUTE_TOO_LONG": f"phone,note\n0123456789,{'x' * 1001}\n",
        "TOO_MANY_CELLS": "phone,name\n0123456789,Ali, Jr\n",
        "CHARACTERS": "phone,name\n0123456789,A\0i\n",
        "TIMEZONE": "phone,timezone\n0123456789,Malaysia\n",
        "LANGUAGE": "phone,language\n0123456789,Bahasa Klingon\n",
    }
    for reason, text in cases.items():
        assert refused(text.encode(), encoding="utf-8") == [(2, reason)]


@pytest.mark.parametrize("zone", ["Etc/GMT-8", "Etc/GMT+8", "Factory", "EST"])
def test_a_zone_that_misleads_is_refused(zone: str) -> None:
    assert refused(f"phone,timezone\n0123456789,{zone}\n".encode()) == [(2, "TIMEZONE")]


def test_of_several_columns_a_mobile_number_counts() -> None:
    header = b"Phone,Home Phone,WhatsApp\n"
    for row, expected in (
        (b"0123456781,0123456782,", "+60123456781"),
        (b",0123456782,", "+60123456782"),
        (b"03-2095 0000,0123456782,", "+60123456782"),
        (b"6.01E+10,0123456782,", "+60123456782"),
        # Whoever calls a column so says where WhatsApp is.
        (b"0123456781,0123456782,03-2095 0000", "+60320950000"),
        (b"0123456781,0123456782,n/a", "+60123456781"),
    ):
        assert [phone for phone, _ in leads(header + row + b"\n")] == [expected], row
    # What can be corrected is not lost for the sake of a fixed line.
    assert refused(header + b"6.01E+10,03-2095 0000,\n") == [(2, "PHONE_SCIENTIFIC")]
    # WhatsApp is seldom on a fixed line, unless the column says so.
    assert refused(header + b"03-2095 0000,03-2095 0001,\n") == [(2, "PHONE_NOT_MOBILE")]
    assert refused(header + b"03-2095 0000,n/a,\n") == [(2, "PHONE_NOT_MOBILE")]
    assert refused(header + b",,\nn/a,,-\n") == [(3, "PHONE_CHARACTERS")]


def test_no_more_attributes_than_a_lead_may_have() -> None:
    """Columns beyond are passed over, unless they are empty as far as the plan has looked."""
    header = "phone," + ",".join(f"c{n}" for n in range(60)) + "\n"
    [one] = wanted(f"{header}0123456789{',Oslo' * 60}\n".encode())
    assert list(one.entry.draft.attributes) == [f"c{n}" for n in range(50)]
    late = header + "0123456789\n" * 100 + f"0123456789{',Oslo' * 60}\n"
    assert refused(late.encode()) == [(102, "TOO_MANY_ATTRIBUTES")]


def test_names_and_attributes() -> None:
    content = b"first name,last name,phone,city,empty\n Siti \n,Aminah ,0123456789, Ipoh ,\n"
    assert leads(b'first name,last name,phone\n" Siti\n",Aminah ,0123456789\n') == [
        ("+60123456789", "Siti Aminah")
    ]
    assert refused(content)
    [one] = wanted(b"phone,city,empty\n0123456789, Ipoh ,\n")
    assert one.entry.draft.attributes == {"city": "Ipoh"}


def test_language_and_timezone_are_no_attributes() -> None:
    content = b"phone,tz,lang\n0123456781, Asia/Tokyo ,ja\n0123456782,,zh_Hant\n0123456783\n"
    found = wanted(content)
    assert [(one.entry.draft.timezone, one.entry.draft.language) for one in found] == [
        ("Asia/Tokyo", "ja"), ("", "zh-Hant"), ("", ""),
    ]  # fmt: skip
    assert not any(one.entry.draft.attributes for one in found)


def test_a_zone_is_one_that_the_database_knows() -> None:
    """Not one that Python knows: the database reckons in it, and would refuse the whole batch."""
    content = b"phone,timezone\n0123456781,Asia/Tokyo\n0123456782,Europe/Berlin\n0123456783,asia/tokyo\n"
    assert refused(content) == [(3, "TIMEZONE"), (4, "TIMEZONE")]


def test_the_first_of_two_rows_with_one_number_counts() -> None:
    content = b"name,phone\nAna,0123456789\nBen,+60 12-345 6789\n"
    assert leads(content) == [("+60123456789", "Ana")]
    assert not refused(content)


def test_a_refusal_never_holds_a_value_of_the_row() -> None:
    content = (
        b"phone,name,trigger,timezone,language\nsecret,x,y,z,\n0123456789,a,secret,,\n0123456788,a,,secret,\n"
        b"0123456787,a,,,secret one\n"
    )
    from tests.unit.gateway.imports.reading import read

    told = [one.because for batch in read(content) for one in batch.refused]
    assert len(told) == 4
    assert "secret" not in str(told)
