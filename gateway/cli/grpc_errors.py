"""What a gateway answered, as the errors that the command shows: the one place that reads a status."""

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from services.runtime.errors import InvalidArgument, KompangError, Unavailable, Violation

_AWAY = {
    grpc.StatusCode.UNAVAILABLE: "is away",
    grpc.StatusCode.DEADLINE_EXCEEDED: "did not answer in time",
}


def as_error(error: grpc.aio.AioRpcError, address: str = "") -> KompangError:
    """`Unavailable` when it may work later, `InvalidArgument` where fields are named, else what was refused.

    With the gateway's own words and its reason. `address`: where it was looked for.
    """
    text = error.details() or error.code().name
    at = f" at {address}" if address else ""
    if error.code() in _AWAY:
        return Unavailable(f"the gateway{at} {_AWAY[error.code()]}: {text}")
    if error.code() is grpc.StatusCode.UNIMPLEMENTED:
        text = f"what answers{at} is no gateway, or one of another version: {text}"
    told, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        detail.Unpack(told)
        detail.Unpack(bad)
    violations = [Violation(one.field, one.description) for one in bad.field_violations]
    refused = InvalidArgument(violations) if violations else KompangError(text)
    refused.code = error.code()
    refused.reason = told.reason or error.code().name
    return refused
