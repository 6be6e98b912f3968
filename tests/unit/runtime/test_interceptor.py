"""Errors become statuses with details; validation names the field."""

import pytest
from google.rpc import error_details_pb2

from kompang.v1 import leads_pb2
from services.runtime.errors import InvalidArgument, NotFound, Unavailable, Violation
from services.runtime.interceptor import to_status
from services.runtime.validation import validate


def details(status, kind):
    found = [detail for detail in status.details if detail.Is(kind.DESCRIPTOR)]
    unpacked = kind()
    found[0].Unpack(unpacked)
    return unpacked


def test_every_error_tells_its_reason():
    info = details(to_status(NotFound("no such lead", resource="leads/1")), error_details_pb2.ErrorInfo)
    assert (info.reason, dict(info.metadata)) == ("NOT_FOUND", {"resource": "leads/1"})


def test_a_bad_field_is_named():
    status = to_status(InvalidArgument([Violation("leads[3].phone", "is empty; give it as +60…")]))
    [violation] = details(status, error_details_pb2.BadRequest).field_violations
    assert violation.field == "leads[3].phone"


def test_a_status_is_never_larger_than_a_client_takes():
    bad = [Violation(f"leads[{index}].phone", "is too short; " + "x" * 100) for index in range(1000)]
    status = to_status(InvalidArgument([Violation("leads[0].attributes[" + "k" * 100_000, "no"), *bad]))
    assert status.ByteSize() < 5000
    assert status.message.endswith("…")
    told = details(status, error_details_pb2.BadRequest).field_violations
    assert [violation.field for violation in told][1:3] == ["leads[0].phone", "leads[1].phone"]


def test_how_many_violations_there_are_is_told():
    assert InvalidArgument([Violation("page_size", "is bad")] * 1000).message.endswith("; and 997 more")


def test_what_is_away_tells_when_to_retry():
    assert (
        details(to_status(Unavailable("away")), error_details_pb2.RetryInfo).retry_delay.ToMilliseconds()
        == 1000
    )


def test_validation_reports_every_bad_field_with_its_path():
    bad = leads_pb2.Lead(phone="1", trigger="no spaces", attributes={"UP": "x"})
    request = leads_pb2.BatchUpsertLeadsRequest(leads=[leads_pb2.Lead(phone="+60"), bad], request_id="no")
    with pytest.raises(InvalidArgument) as refused:
        validate(request)
    fields = {violation.field for violation in refused.value.violations}
    assert fields == {"leads[1].trigger", "leads[1].attributes[UP]", "request_id"}
