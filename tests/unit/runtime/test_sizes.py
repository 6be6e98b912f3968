"""Sizes of requests: fields against their protos, and entries counted on the wire."""

import random
from typing import Any

import pytest

from kompang.v1 import campaigns_pb2, leads_pb2, sequences_pb2
from services.runtime.bounds import oversized
from services.runtime.errors import InvalidArgument
from services.runtime.validation import sizes
from services.runtime.wire_counts import refuse_crowds

UPSERT: Any = leads_pb2.BatchUpsertLeadsRequest


def told(body: bytes) -> dict[str, str]:
    with pytest.raises(InvalidArgument) as refused:
        refuse_crowds(body, UPSERT.DESCRIPTOR)
    return {each.field: each.description for each in refused.value.violations}


def test_each_kind_of_bound_is_told_with_its_place() -> None:
    lead = leads_pb2.Lead(
        display_name="x" * 201, attributes={"a": "y" * 1001, "k" * 101: "", "b": "z" * 1000}
    )
    request = UPSERT(leads=[leads_pb2.Lead(), lead])
    assert {each.field for each in oversized(request)} == {
        "leads[1].display_name",
        "leads[1].attributes[a]",
        f"leads[1].attributes[{'k' * 100}…]",
    }


def test_a_list_that_is_too_long_is_not_walked() -> None:
    request = sequences_pb2.CreateSequenceRequest()
    request.sequence.steps.extend([sequences_pb2.Step(text="x" * 5000)] * 101)
    assert [each.field for each in sizes(request)] == ["sequence.steps"]


def test_a_mask_has_bounds_too() -> None:
    request = campaigns_pb2.UpdateCampaignRequest()
    request.update_mask.paths.extend(["x" * 100] * 101)
    assert [each.field for each in sizes(request)] == ["update_mask.paths"]


def test_many_that_are_too_large_are_told_in_part() -> None:
    request = UPSERT(leads=[leads_pb2.Lead(display_name="x" * 201)] * 1000)
    assert len(sizes(request)) == 20


def test_the_largest_real_requests_are_let_through() -> None:
    attributes = {f"a{n}": "x" * 40 for n in range(50)}
    leads = [leads_pb2.Lead(phone=f"+6012{n:07d}", attributes=attributes) for n in range(1000)]
    request = UPSERT(leads=leads)
    refuse_crowds(request.SerializeToString(), UPSERT.DESCRIPTOR)
    assert not sizes(request)
    named = campaigns_pb2.LeadList(leads=[f"leads/{n}" for n in range(1, 50_001)])
    campaign = campaigns_pb2.Campaign(text="x" * 4096, audience=campaigns_pb2.Audience(leads=named))
    made: Any = campaigns_pb2.CreateCampaignRequest(campaign=campaign)
    refuse_crowds(made.SerializeToString(), made.DESCRIPTOR)


def test_a_crowd_is_found_wherever_it_is() -> None:
    assert told(b"\x0a\x00" * 20_000) == {"leads": "has more than 1000 entries; send at most 1000 at a time"}
    inside = b"\x32\x00" * 20_000
    assert list(told(b"\x0a\xc0\xb8\x02" + inside)) == ["leads[0].attributes"]
    assert list(told(b"\x78\x01" * 70_000)) == ["request"]


def is_counted(body: bytes) -> bool:
    """False where it was refused; whatever else is raised fails the test."""
    try:
        refuse_crowds(body, UPSERT.DESCRIPTOR)
    except InvalidArgument:
        return False
    return True


def test_bytes_at_random_are_counted_or_refused_and_nothing_else() -> None:
    draw = random.Random(5)
    assert not all(is_counted(draw.randbytes(17_000)) for _ in range(100))
    whole = UPSERT(leads=[leads_pb2.Lead(phone="+60123456789", display_name="x" * 150)] * 200)
    body = whole.SerializeToString()
    assert is_counted(body)
    places = [draw.randrange(len(body)) for _ in range(100)]
    assert any(is_counted(body[:at] + b"\xff" + body[at + 1 :]) for at in places)
