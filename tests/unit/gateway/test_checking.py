"""Complaints name the field, the fault and the remedy, all of them at once."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from buf.validate import validate_pb2
from gateway.checking import FORMS, Check
from gateway.process import CHECK
from kompang.v1 import (
    accounts_pb2,
    campaigns_pb2,
    devices_pb2,
    events_pb2,
    imports_pb2,
    leads_pb2,
    messages_pb2,
    sequences_pb2,
    wording_pb2,
)
from services.runtime.errors import Violation

FILES = (
    accounts_pb2,
    campaigns_pb2,
    devices_pb2,
    events_pb2,
    imports_pb2,
    leads_pb2,
    messages_pb2,
    sequences_pb2,
    wording_pb2,
)


def _messages() -> Iterator[Descriptor]:
    for file in FILES:
        yield from file.DESCRIPTOR.message_types_by_name.values()


def _rules(field: FieldDescriptor) -> Any:
    options: Any = field.GetOptions()
    return options.Extensions[validate_pb2.field]


def _patterns() -> set[str]:
    found = set()
    for message in _messages():
        for field in message.fields:
            rules = _rules(field)
            found |= {rules.string.pattern, rules.map.keys.string.pattern}
    return found - {""}


def test_every_pattern_has_words() -> None:
    assert set(FORMS) == _patterns()


def told(request: object) -> dict[str, str]:
    return {violation.field: violation.description for violation in CHECK(request)}  # type: ignore[arg-type]


def test_a_request_without_faults_has_no_violations() -> None:
    assert not told(sequences_pb2.ListSequencesRequest())
    assert not told(devices_pb2.BatchCreateDevicesRequest(devices=[devices_pb2.Device(phone="+60123456789")]))


def test_one_complaint_a_field_in_order() -> None:
    request = leads_pb2.BatchUpsertLeadsRequest(
        leads=[leads_pb2.Lead(), leads_pb2.Lead(phone="+6012345678901234567890123456789012")], request_id="x"
    )
    assert list(told(request)) == ["leads[0].phone", "leads[1].phone", "request_id"]
    assert told(request)["leads[0].phone"] == "is empty; set it"
    assert "shorten it to 32" in told(request)["leads[1].phone"]


def test_a_batch_whose_answer_would_be_too_large_is_refused() -> None:
    leads = [
        leads_pb2.Lead(phone=f"+601234{index:05}", attributes={f"a{n}": "x" * 1000 for n in range(5)})
        for index in range(700)
    ]
    assert told(leads_pb2.BatchUpsertLeadsRequest(leads=leads)) == {
        "leads": "is larger than 3 MB in all; send fewer at a time"
    }
    assert not told(leads_pb2.BatchUpsertLeadsRequest(leads=leads[:500]))


def test_every_text_has_a_remedy_and_no_pattern() -> None:
    requests = (
        sequences_pb2.UpdateSequenceRequest(),
        sequences_pb2.GetSequenceRequest(name="x"),
        leads_pb2.GetLeadRequest(name="leads/0"),
        leads_pb2.BatchUpsertLeadsRequest(leads=[leads_pb2.Lead(phone="x")] * 1001),
        devices_pb2.GetDeviceRequest(name="12"),
        messages_pb2.GetMessageRequest(name=""),
        messages_pb2.ListMessagesRequest(page_size=-1),
        events_pb2.WatchEventsRequest(types=[99]),  # type: ignore[list-item]
        leads_pb2.BatchUpsertLeadsRequest(),
    )
    for request in requests:
        assert told(request), request
        for text in told(request).values():
            assert ";" in text, text
            assert "regex" not in text


def test_a_nul_is_found_wherever_it_is() -> None:
    request = leads_pb2.BatchUpsertLeadsRequest(
        leads=[leads_pb2.Lead(attributes={"a": "\0"}, consent=leads_pb2.Consent(source="\0"))]
    )
    found = {one.field for one in Check({})(request) if "U+0000" in one.description}
    assert found == {"leads[0].attributes[a]", "leads[0].consent.source"}


def test_the_value_is_never_repeated() -> None:
    request = leads_pb2.BatchUpsertLeadsRequest(leads=[leads_pb2.Lead(phone="+60-secret-99")])
    assert "secret" not in str(told(request))


def test_the_first_complaint_about_a_field_is_kept() -> None:
    def more(_: Any) -> list[Violation]:
        return [Violation("name", "second"), Violation("other", "x")]

    found = Check({leads_pb2.GetLeadRequest: more})(leads_pb2.GetLeadRequest())
    assert [one.field for one in found] == ["name", "other"]
    assert found[0].description != "second"


def test_nothing_else_looks_at_a_request_that_is_too_large() -> None:
    def more(_: Any) -> list[Violation]:
        raise AssertionError

    check = Check({sequences_pb2.PreviewStepRequest: more})
    draft = sequences_pb2.StepDraft(text="{a|b}" * 1000)
    found = check(sequences_pb2.PreviewStepRequest(draft=draft, lead="x"))
    assert [one.field for one in found] == ["draft.text"]
    assert "shorten it to 4096" in found[0].description


def test_a_timestamp_outside_of_the_calendar_is_refused() -> None:
    lead = leads_pb2.Lead(phone="+60123456789", consent=leads_pb2.Consent(source="x"))
    for seconds, nanos in ((10**12, 0), (-(10**12), 0), (0, -1), (0, 10**9)):
        lead.consent.grant_time.seconds = seconds
        lead.consent.grant_time.nanos = nanos
        request = leads_pb2.BatchUpsertLeadsRequest(leads=[lead])
        assert list(told(request)) == ["leads[0].consent.grant_time"], (seconds, nanos)


def test_an_offset_that_is_no_duration_is_refused() -> None:
    step = sequences_pb2.Step(text="x")
    step.offset.nanos = 2 * 10**9
    request = sequences_pb2.CreateSequenceRequest(sequence=sequences_pb2.Sequence(steps=[step]))
    assert list(told(request)) == ["sequence.steps[0].offset"]
