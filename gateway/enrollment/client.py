"""Calls enrollment: any replica can run the scan of any account."""

import logging
import random
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self, cast

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from kompang.enrollment.v1 import enrollment_pb2, enrollment_pb2_grpc
from services.callers import Role
from services.reasons import Reason
from services.runtime.channel import PlaintextRefused
from services.runtime.discovery import Discovery
from services.runtime.errors import DeadlineExceeded, FailedPrecondition, Unavailable
from services.runtime.identity import Identity

log = logging.getLogger(__name__)

_SERVICE = "enrollment"
# A move whose time is over still finishes its page: so long at most.
_LAST_PAGE_S = 15.0


class Enrollment:
    """Keeps one channel for each replica; use as an async context manager.

    A replica that does not prove to be enrollment counts as one that is away.
    """

    def __init__(self, discovery: Discovery, identity: Identity) -> None:
        self._discovery = discovery
        self._identity = identity
        self._dial = identity.dialling(Role.ENROLLMENT)
        self._shown = identity.certificates
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._retired: list[grpc.aio.Channel] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for opened in (*self._channels.values(), *self._retired):
            await opened.close()

    async def run_now(
        self, account_id: int, sequence_id: int, timeout_s: float
    ) -> enrollment_pb2.RunNowResponse:
        """Runs the scan on one replica, on another if that one is away; `sequence_id` 0 means all.

        Raises `Unavailable`, `FailedPrecondition`, `DeadlineExceeded` (the scan itself goes on).
        """
        request = enrollment_pb2.RunNowRequest(account_id=account_id, sequence_id=sequence_id)
        late = "the scan goes on without you; look at its result later"
        return await self._ask(lambda stub: stub.RunNow(request, timeout=timeout_s), late)  # type: ignore[no-any-return]

    async def move(self, request: enrollment_pb2.MoveRequest) -> enrollment_pb2.MoveResponse:
        """Moves leads for the time that the request gives. Raises as `run_now`."""
        timeout_s = request.budget_ms / 1000 + _LAST_PAGE_S
        late = "the leads that were moved stay moved; call again to move the others"
        return await self._ask(lambda stub: stub.Move(request, timeout=timeout_s), late)  # type: ignore[no-any-return]

    async def _ask(self, call: Callable[[Any], Awaitable[Any]], late: str) -> Any:
        addresses = [instance.address for instance in await self._discovery.resolve(_SERVICE)]
        await self._rotate()
        await self._forget(set(addresses))
        random.shuffle(addresses)
        for address in addresses:
            try:
                return await call(self._stub(address))
            except PlaintextRefused as error:
                log.warning("enrollment is not called", extra={"why": error.message})
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise _translated(error, late) from error
        raise Unavailable("no enrollment service answers; scans come by themselves, for all else try again")

    def _stub(self, address: str) -> enrollment_pb2_grpc.EnrollmentServiceStub:
        if address not in self._channels:
            self._channels[address] = self._dial(address)
        return enrollment_pb2_grpc.EnrollmentServiceStub(self._channels[address])

    async def _rotate(self) -> None:
        """Opens new channels once the certificates have changed; calls on those before may end."""
        if self._identity.certificates is self._shown:
            return
        self._shown = self._identity.certificates
        for opened in self._retired:
            await opened.close()
        self._retired = list(self._channels.values())
        self._channels.clear()

    async def _forget(self, addresses: set[str]) -> None:
        """Replicas come and go under new addresses; calls in flight on an old one may still end well."""
        for address in self._channels.keys() - addresses:
            await self._channels.pop(address).close(grace=None)


def _translated(error: grpc.aio.AioRpcError, late: str) -> Exception:
    match error.code():
        case grpc.StatusCode.FAILED_PRECONDITION:
            return FailedPrecondition(error.details() or "enrollment refused", reason=_reason(error))
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return DeadlineExceeded(late)
        case _:
            return cast("Exception", error)


def _reason(error: grpc.aio.AioRpcError) -> Reason | None:
    """The reason that enrollment gave; None for one that is not public."""
    info = error_details_pb2.ErrorInfo()
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        detail.Unpack(info)
    return Reason(info.reason) if info.reason in set(Reason) else None
