"""What a gateway answered, as the errors that the command shows in one line."""

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from services.runtime.errors import KompangError, Unavailable

_AWAY = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})


def as_error(error: grpc.aio.AioRpcError) -> KompangError:
    """`Unavailable` when it may work later; else what was refused, with the gateway's own words."""
    text = error.details() or error.code().name
    if error.code() in _AWAY:
        return Unavailable(f"the gateway is away: {text}")
    refused = KompangError(text, reason=_reason(error))
    refused.code = error.code()
    return refused


def _reason(error: grpc.aio.AioRpcError) -> str:
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        told = error_details_pb2.ErrorInfo()
        if detail.Unpack(told):
            return str(told.reason)
    return str(error.code().name)
