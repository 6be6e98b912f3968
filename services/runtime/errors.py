"""The errors that may cross a process boundary; each knows its own gRPC status.

Raise one of these in a servicer or a store; `services.runtime.server` turns it into a
`google.rpc.Status`. Anything else becomes INTERNAL, and the caller gets nothing but a trace id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique

import grpc

DOMAIN = "kompang.example"

_MOST_IN_MESSAGE = 3


@unique
class GenericReason(StrEnum):
    """The reasons that need no domain word; `services.reasons` has the others, errors.proto documents all."""

    INTERNAL = "INTERNAL"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    ABORTED = "ABORTED"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    UNAVAILABLE = "UNAVAILABLE"
    REQUEST_TOO_LARGE = "REQUEST_TOO_LARGE"
    REQUEST_INCOMPLETE = "REQUEST_INCOMPLETE"
    DISCOVERY_UNAVAILABLE = "DISCOVERY_UNAVAILABLE"


@dataclass(frozen=True)
class Violation:
    """One bad field: its path in the request, what is wrong with the value, and the remedy."""

    field: str
    description: str


@dataclass(frozen=True)
class Retry:
    """When to try again, in seconds."""

    after_s: float = field(default=1.0)


class KompangError(Exception):
    """The root: `reason` is for programs and stable, the message is for people.

    A literal is no reason: the type checker asks for a member of an enum.
    """

    code: grpc.StatusCode = grpc.StatusCode.INTERNAL
    reason: str = GenericReason.INTERNAL

    def __init__(
        self, message: str, *, reason: StrEnum | None = None, retry: Retry | None = None, **metadata: str
    ) -> None:
        """`retry`: the same call may work after a while."""
        super().__init__(message)
        self.message = message
        self.reason = reason or type(self).reason
        self.retry = retry
        self.metadata = metadata


class InvalidArgument(KompangError):
    """The request is wrong whatever the state of the system; carries one violation a field."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason: str = GenericReason.INVALID_ARGUMENT

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        text = "; ".join(f"{v.field}: {v.description}" for v in self.violations[:_MOST_IN_MESSAGE])
        more = len(self.violations) - _MOST_IN_MESSAGE
        super().__init__(f"{text}; and {more} more" if more > 0 else text)


class FailedPrecondition(KompangError):
    """The system is not in the state the request needs."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason: str = GenericReason.FAILED_PRECONDITION


class NotFound(KompangError):
    """There is no such resource, or it is another account's."""

    code = grpc.StatusCode.NOT_FOUND
    reason: str = GenericReason.NOT_FOUND


class AlreadyExists(KompangError):
    """Something with that name or number is there already."""

    code = grpc.StatusCode.ALREADY_EXISTS
    reason: str = GenericReason.ALREADY_EXISTS


class Aborted(KompangError):
    """Somebody else changed it meanwhile: read again, then try again."""

    code = grpc.StatusCode.ABORTED
    reason: str = GenericReason.ABORTED


class Unauthenticated(KompangError):
    """No valid credentials."""

    code = grpc.StatusCode.UNAUTHENTICATED

    def __init__(self, message: str, *, reason: StrEnum, **metadata: str) -> None:
        super().__init__(message, reason=reason, retry=None, **metadata)


class PermissionDenied(KompangError):
    """Valid credentials, without the scope."""

    code = grpc.StatusCode.PERMISSION_DENIED

    def __init__(self, message: str, *, reason: StrEnum, **metadata: str) -> None:
        super().__init__(message, reason=reason, retry=None, **metadata)


class ResourceExhausted(KompangError):
    """A quota is used up, a disk is full, or a reader is too slow."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason: str = GenericReason.RESOURCE_EXHAUSTED


class DeadlineExceeded(KompangError):
    """The work took longer than the caller would wait; the work may still be done."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    reason: str = GenericReason.DEADLINE_EXCEEDED


class Unavailable(KompangError):
    """Something this process needs is away; safe to retry."""

    code = grpc.StatusCode.UNAVAILABLE
    reason: str = GenericReason.UNAVAILABLE

    def __init__(
        self, message: str, *, reason: StrEnum | None = None, retry: Retry | None = None, **metadata: str
    ) -> None:
        super().__init__(message, reason=reason, retry=retry or Retry(), **metadata)
