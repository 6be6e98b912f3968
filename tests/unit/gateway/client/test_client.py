"""Calls of the client against methods that answer what a gateway may answer."""

from typing import Any

import grpc
import pytest
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from gateway.client import Client
from gateway.client.errors import as_error
from kompang.v1 import events_pb2, imports_pb2, leads_pb2
from services.runtime.errors import (
    FailedPrecondition,
    InvalidArgument,
    KompangError,
    NotFound,
    PermissionDenied,
    Unavailable,
)

KEY = "kpg_a_secret"
GET = leads_pb2.GetLeadRequest(name="leads/5")
SUPPRESS = leads_pb2.SuppressLeadRequest(name="leads/5")


def refusal(code: grpc.StatusCode, *details: Any) -> grpc.aio.AioRpcError:
    packed = [any_pb2.Any() for _ in details]
    for one, detail in zip(packed, details, strict=True):
        one.Pack(detail)
    status = status_pb2.Status(code=code.value[0], message="no", details=packed)
    trailing = grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, "no")


def away(retry_s: int = 0) -> grpc.aio.AioRpcError:
    retry = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=retry_s))
    return refusal(grpc.StatusCode.UNAVAILABLE, *([retry] if retry_s else []))


class Method:
    """Answers each call with the next of these: an error is raised, a list is a stream."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[Any] = []
        self.options: list[dict[str, Any]] = []
        self.cancelled = 0

    def __call__(self, request: Any, **options: Any) -> Any:
        copy = type(request)()
        copy.CopyFrom(request)
        self.requests.append(copy)
        self.options.append(options)
        answer = self.answers.pop(0)
        return Stream(self, answer) if isinstance(answer, list) else self._unary(answer)

    async def _unary(self, answer: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer


class Stream:
    def __init__(self, method: Method, responses: list[Any]) -> None:
        self._method, self._responses = method, responses

    async def __aiter__(self):
        for each in self._responses:
            if isinstance(each, Exception):
                raise each
            yield each

    def cancel(self) -> None:
        self._method.cancelled += 1


@pytest.fixture
async def client():
    async with Client.opened("127.0.0.1:1", KEY) as opened:
        yield opened


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds between the tries; nobody waits for them."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("gateway.client.client.asyncio.sleep", sleep)
    return waited


async def test_a_call_carries_the_key_and_a_deadline(client: Client) -> None:
    method = Method(leads_pb2.Lead(name="leads/5"))
    assert (await client.call(method, GET, timeout_s=7)).name == "leads/5"
    [options] = method.options
    assert options["metadata"] == (("authorization", f"Bearer {KEY}"),)
    assert 6 < options["timeout"] <= 7


async def test_a_call_that_grpc_ends_in_a_flood_is_tried_again(client: Client, waits: list[float]) -> None:
    """Soon, since that line is emptied in tenths of a second; for some two seconds in all, as others are."""
    method = Method(*[refusal(grpc.StatusCode.CANCELLED)] * 6, leads_pb2.Lead(name="leads/5"))
    assert (await client.call(method, GET)).name == "leads/5"
    assert len(waits) == 6
    assert waits[0] <= 0.05
    assert sum(waits) > 1.0


async def test_a_change_is_tried_again_under_its_request_id(client: Client, waits: list[float]) -> None:
    method = Method(away(), away(), leads_pb2.Lead())
    await client.call(method, SUPPRESS)
    first, second, third = (request.request_id for request in method.requests)
    assert first == second == third != ""
    assert len(waits) == 2
    # The next change with the same request is another one.
    assert SUPPRESS.request_id == ""
    method.answers.append(leads_pb2.Lead())
    await client.call(method, SUPPRESS)
    assert method.requests[-1].request_id not in ("", first)


async def test_a_request_id_of_the_callers_own_is_kept(client: Client) -> None:
    method = Method(leads_pb2.Lead())
    await client.call(method, leads_pb2.SuppressLeadRequest(name="leads/5", request_id="own"))
    assert method.requests[0].request_id == "own"


async def test_the_pause_is_as_long_as_the_gateway_asks_for(client: Client, waits: list[float]) -> None:
    await client.call(Method(away(retry_s=9), leads_pb2.Lead()), GET)
    assert waits == [9.0]


async def test_a_pause_beyond_the_deadline_ends_the_call(client: Client, waits: list[float]) -> None:
    method = Method(away(retry_s=60))
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 is away"):
        await client.call(method, GET, timeout_s=30)
    assert (len(method.requests), waits) == (1, [])


async def test_a_gateway_that_stays_away_is_told_after_four_tries(client: Client, waits: list[float]) -> None:
    method = Method(*(away() for _ in range(9)))
    with pytest.raises(Unavailable):
        await client.call(method, GET)
    assert (len(method.requests), len(waits)) == (4, 3)


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INTERNAL]
)
async def test_what_does_not_pass_is_not_tried_again(client: Client, code: grpc.StatusCode) -> None:
    method = Method(refusal(code))
    with pytest.raises(KompangError):
        await client.call(method, GET)
    assert len(method.requests) == 1


@pytest.mark.parametrize(("limit", "expected", "sizes"), [(None, 5, [1000] * 3), (3, 3, [3, 1]), (0, 0, [])])
async def test_a_list_is_read_page_by_page(
    client: Client, limit: int | None, expected: int, sizes: list[int]
) -> None:
    def page(count: int, token: str) -> leads_pb2.ListLeadsResponse:
        return leads_pb2.ListLeadsResponse(leads=[leads_pb2.Lead()] * count, next_page_token=token)

    method = Method(page(2, "a"), page(2 if limit is None else 1, "b"), page(1, ""))
    request = leads_pb2.ListLeadsRequest(trigger="COLD")
    found = [each async for each in client.pages(method, request, "leads", limit)]
    assert len(found) == expected
    assert [each.page_size for each in method.requests] == sizes
    assert [each.page_token for each in method.requests] == ["", "a", "b"][: len(sizes)]
    assert (request.page_size, request.page_token) == (0, "")


async def test_a_watch_resumes_after_what_was_seen(client: Client, waits: list[float]) -> None:
    seen = [events_pb2.WatchEventsResponse(resume_token=each) for each in ("1", "2", "3")]
    method = Method([seen[0], seen[1], away()], [away()], [seen[2]])
    request = events_pb2.WatchEventsRequest()
    told = [each.resume_token async for each in client.watch(method, request)]
    assert told == ["1", "2", "3"]
    assert [each.resume_token for each in method.requests] == ["", "2", "2"]
    assert request.resume_token == ""
    assert len(waits) == 2


async def test_a_watch_that_is_left_ends_its_call(client: Client) -> None:
    method = Method([events_pb2.WatchEventsResponse(resume_token="1")] * 2)
    watching = client.watch(method, events_pb2.WatchEventsRequest())
    await anext(watching)
    await watching.aclose()
    assert method.cancelled == 1


async def test_a_watch_ends_with_what_does_not_pass(client: Client) -> None:
    with pytest.raises(PermissionDenied):
        await anext(client.watch(Method([refusal(grpc.StatusCode.PERMISSION_DENIED)]), GET))


async def test_a_stream_with_an_end_has_a_deadline_and_is_not_begun_anew(client: Client) -> None:
    method = Method([leads_pb2.Lead(), away()])
    responses = client.stream(method, GET, timeout_s=5)
    await anext(responses)
    with pytest.raises(Unavailable):
        await anext(responses)
    assert [each["timeout"] for each in method.options] == [pytest.approx(5, abs=1)]


async def test_a_stream_that_is_cut_goes_on_after_what_came(client: Client, waits: list[float]) -> None:
    pieces = [imports_pb2.GetImportErrorsResponse(resume_token=each) for each in ("0", "7", "9")]
    method = Method([away()], [pieces[0], pieces[1], away()], [away()], [pieces[2]])
    request = imports_pb2.GetImportErrorsRequest(name="imports/1")
    told = [each.resume_token async for each in client.stream(method, request, timeout_s=50)]
    assert told == ["0", "7", "9"]
    assert [each.resume_token for each in method.requests] == ["", "", "7", "7"]
    assert request.resume_token == ""
    assert len(waits) == 3


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.NOT_FOUND, NotFound),
        (grpc.StatusCode.FAILED_PRECONDITION, FailedPrecondition),
        (grpc.StatusCode.PERMISSION_DENIED, PermissionDenied),
        (grpc.StatusCode.INVALID_ARGUMENT, KompangError),
        (grpc.StatusCode.INTERNAL, KompangError),
    ],
)
def test_an_error_has_the_class_of_its_status_and_what_the_gateway_said(
    code: grpc.StatusCode, kind: type[KompangError]
) -> None:
    info = error_details_pb2.ErrorInfo(reason="WHY", metadata={"trace_id": "7"})
    error = as_error(refusal(code, info))
    assert type(error) is kind
    assert (error.code, error.reason, error.metadata, error.message) == (code, "WHY", {"trace_id": "7"}, "no")


def test_bad_fields_make_an_invalid_argument() -> None:
    kind = error_details_pb2.BadRequest.FieldViolation
    bad = error_details_pb2.BadRequest(field_violations=[kind(field="name", description="is empty")])
    error = as_error(refusal(grpc.StatusCode.INVALID_ARGUMENT, bad))
    assert isinstance(error, InvalidArgument)
    assert [(each.field, each.description) for each in error.violations] == [("name", "is empty")]
