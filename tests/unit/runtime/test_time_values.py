"""What no calendar and no clock has is found, however deep it stands."""

import pytest
from google.protobuf import duration_pb2, timestamp_pb2

from kompang.v1 import leads_pb2, sequences_pb2
from services.runtime.time_values import impossible_times


@pytest.mark.parametrize(
    ("seconds", "nanos"),
    [(253_402_300_800, 0), (-62_135_596_801, 0), (2**62, 0), (-(2**63), 0), (0, -1), (0, 10**9)],
)
def test_a_time_outside_the_calendar_is_named(seconds: int, nanos: int) -> None:
    at = timestamp_pb2.Timestamp(seconds=seconds, nanos=nanos)
    lead = leads_pb2.Lead(consent=leads_pb2.Consent(grant_time=at))
    request = leads_pb2.BatchUpsertLeadsRequest(leads=[leads_pb2.Lead(), lead])
    [found] = impossible_times(request)
    assert found.field == "leads[1].consent.grant_time"


@pytest.mark.parametrize(
    ("seconds", "nanos"), [(2**62, 0), (1, -1), (-1, 1), (0, 10**9), (315_576_000_001, 0)]
)
def test_a_length_that_is_none_is_named(seconds: int, nanos: int) -> None:
    step = sequences_pb2.Step(offset=duration_pb2.Duration(seconds=seconds, nanos=nanos))
    request = sequences_pb2.CreateSequenceRequest(sequence=sequences_pb2.Sequence(steps=[step]))
    [found] = impossible_times(request)
    assert found.field == "sequence.steps[0].offset"


def test_the_first_and_the_last_moment_are_times() -> None:
    for seconds in (-62_135_596_800, 253_402_300_799):
        at = timestamp_pb2.Timestamp(seconds=seconds, nanos=999_999_999)
        assert not list(impossible_times(sequences_pb2.PreviewStepRequest(read_time=at)))
