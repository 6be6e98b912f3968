"""What its tests share: the errors, and stores and hosts that fail."""

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.message import DecodeError

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.errors import Unavailable
from tests.support.eventually import eventually
from tests.unit.shardhost.fakes import Rig

Result = pb.Outcome
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
SURROGATE = "\ud83d"

UNFORESEEN = [
    RuntimeError("boom"),
    ValueError("boom"),
    UnicodeEncodeError("utf-8", SURROGATE, 0, 1, "surrogates not allowed"),
    OverflowError("boom"),
    RecursionError("boom"),
    DecodeError("boom"),
    TypeError("boom"),
    Unavailable("boom"),
    ExceptionGroup("boom", [RuntimeError("boom")]),
]
each_error = pytest.mark.parametrize("error", UNFORESEEN, ids=lambda error: type(error).__name__)
an_error = RuntimeError("the words of 60123456789")


def failing(error: BaseException) -> Callable[..., None]:
    """A function that raises it, whatever it is given."""

    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    return fail


async def outcome_of(r: Rig, **fields: Any) -> pb.Outcome:
    """Of a message to device 1."""
    r.hand(**fields)
    return await r.outcome()


async def until(condition: Callable[[], bool]) -> None:
    """Gives the loop its turns until it is so."""

    async def probe() -> bool:
        return condition()

    await eventually(probe, within_s=5, every_s=0.001)


async def goes_on(r: Rig, device: int = 2) -> None:
    """Another device still sends."""
    r.hand(device, message_id=77)
    assert (await r.outcome()).result == Result.RESULT_SENT


def failing_once(function: Callable[..., object], error: Exception) -> Callable[..., object]:
    """As the function, but that its first call raises."""
    calls = []

    def fail(*args: object, **kwargs: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise error
        return function(*args, **kwargs)

    return fail
