"""The status of a failed call, as an error of `services.runtime.errors`."""

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from services.runtime.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    GenericReason,
    InvalidArgument,
    KompangError,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Retry,
    Unauthenticated,
    Unavailable,
    Violation,
)

_AWAY = {
    grpc.StatusCode.UNAVAILABLE: "is away",
    grpc.StatusCode.DEADLINE_EXCEEDED: "did not answer in time",
    # Said by gRPC itself, before the gateway has seen the call: too many came at one moment.
    grpc.StatusCode.CANCELLED: "has too many calls at this moment",
}
_KINDS: dict[grpc.StatusCode, type[KompangError]] = {
    kind.code: kind
    for kind in (
        Aborted, AlreadyExists, FailedPrecondition, NotFound, PermissionDenied, ResourceExhausted,
        Unauthenticated,
    )
}  # fmt: skip

# Messages of gRPC about a failed handshake, and the remedy of each.
_UNBELIEVED = (
    "its certificate is of no authority that is believed here; name the authority (KOMPANG_TLS_CA_FILE)"
)
_HANDSHAKES = {
    "certificate has expired": "its certificate has expired; the operator replaces it",
    "certificate signature failure": _UNBELIEVED,
    "CERTIFICATE_VERIFY_FAILED": _UNBELIEVED,
    "Hostname Verification Check failed": "its certificate is not for this address; use one that it names",
    "WRONG_VERSION_NUMBER": "it speaks no TLS; leave out https:// and the authority",
    "Socket closed": "if it speaks TLS, write https:// before the address; if it asks callers for"
    " certificates, name yours (KOMPANG_TLS_CERTIFICATE_FILE, KOMPANG_TLS_KEY_FILE)",
}


def as_error(error: grpc.aio.AioRpcError, address: str = "") -> KompangError:
    """`Unavailable` when the call may work later, `InvalidArgument` where fields are named, else by the code.

    With the gateway's own words, reason and metadata. `address`: where the gateway was looked for.
    """
    info, bad, retry = _details(error)
    text = error.details() or error.code().name
    at = f" at {address}" if address else ""
    after_s = retry.retry_delay.ToTimedelta().total_seconds()
    if error.code() in _AWAY:
        remedy = next((remedy for said, remedy in _HANDSHAKES.items() if said in text), text)
        return Unavailable(f"the gateway{at} {_AWAY[error.code()]}: {remedy}", retry=Retry(after_s))
    if error.code() is grpc.StatusCode.UNIMPLEMENTED:
        text = f"what answers{at} is no gateway, or one of another version: {text}"
    violations = [Violation(one.field, one.description) for one in bad.field_violations]
    kind = _KINDS.get(error.code(), KompangError)
    # A newer gateway may have reasons that this client does not know: what was sent is kept as it is.
    refused = InvalidArgument(violations) if violations else kind(text, reason=GenericReason.INTERNAL)
    refused.code = error.code()
    refused.retry = Retry(after_s) if retry.HasField("retry_delay") else None
    refused.reason = info.reason or error.code().name
    refused.metadata = dict(info.metadata)
    return refused


def _details(
    error: grpc.aio.AioRpcError,
) -> tuple[error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo]:
    """Those that a status of the gateway may have; empty where it has none."""
    found = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        for each in found:
            detail.Unpack(each)
    return found
