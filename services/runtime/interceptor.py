"""Every call passes here, and what is raised becomes a `google.rpc.Status`."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2, duration_pb2, message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status
from opentelemetry import trace

from services.runtime.containment import report
from services.runtime.errors import (
    DOMAIN,
    GenericReason,
    InvalidArgument,
    KompangError,
    Violation,
)
from services.runtime.receiving import Next, Streaming, responses

# A status travels in the trailing metadata, base64, and many clients take 8 KB of that.
_VIOLATIONS_BYTES = 2500
_MOST_CHARACTERS = 600
_LONGEST_PATH = 160

Around = AbstractAsyncContextManager[None]


class CallInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Does something around each call; the reflection and health services pass untouched unless `is_general`.

    Nothing of the request is read yet: see `services.runtime.receiving`.
    """

    is_general = False

    def around(self, method: str, context: grpc.aio.ServicerContext) -> Around:
        """Entered before the call and left after it; raises to refuse."""
        raise NotImplementedError

    async def intercept_service(
        self, continuation: Next, details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler:
        """The method's handler, wrapped."""
        found = await continuation(details)
        if found is None or (details.method.startswith("/grpc.") and not self.is_general):
            return found
        parts = found.request_deserializer, found.response_serializer
        if found.response_streaming:
            return grpc.stream_stream_rpc_method_handler(
                self.streaming(details.method, found.stream_stream), *parts
            )
        return grpc.stream_unary_rpc_method_handler(self.unary(details.method, found.stream_unary), *parts)

    def unary(self, method: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """A method with one response, wrapped."""

        async def wrapped(requests: Any, context: grpc.aio.ServicerContext) -> Any:
            async with self.around(method, context):
                return await call(requests, context)

        return wrapped

    def streaming(self, method: str, call: Streaming) -> Streaming:
        """A method with a stream of responses, wrapped."""

        async def wrapped(requests: Any, context: grpc.aio.ServicerContext) -> AsyncGenerator[Any, None]:
            # Closed here, and not by whoever collects it: what it holds is given back at once.
            async with self.around(method, context), aclosing(responses(call, requests, context)) as found:
                async for response in found:
                    yield response

        return wrapped


class ErrorInterceptor(CallInterceptor):
    """The outermost: what is raised becomes a rich status."""

    is_general = True

    def unary(self, method: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """A method with one response, wrapped."""

        async def wrapped(requests: Any, context: grpc.aio.ServicerContext) -> Any:
            try:
                return await call(requests, context)
            except Exception as error:  # noqa: BLE001 - the boundary
                return await _refuse(method, error, context)

        return wrapped

    def streaming(self, method: str, call: Streaming) -> Streaming:
        """A method with a stream of responses, wrapped."""

        async def wrapped(requests: Any, context: grpc.aio.ServicerContext) -> AsyncGenerator[Any, None]:
            try:
                async with aclosing(responses(call, requests, context)) as found:
                    async for response in found:
                        yield response
            except Exception as error:  # noqa: BLE001 - the boundary
                await _refuse(method, error, context)

        return wrapped


async def _refuse(method: str, error: Exception, context: grpc.aio.ServicerContext) -> NoReturn:
    """Aborts the call with the status of what was raised.

    Called from a plain `except`: the frames of a context manager would hold the error's own, and with them
    the request.
    """
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if isinstance(error, KompangError):
        status = to_status(error)
    else:
        report("call", error, method=method)
        status = _internal()
    _forget_frames(error)
    await _abort(context, status)


def _forget_frames(error: BaseException | None) -> None:
    """The frames of a refusal hold the request, and gRPC keeps the refusal until garbage is collected."""
    while error is not None:
        error.__traceback__ = None
        error = error.__context__


def to_status(error: KompangError) -> status_pb2.Status:
    """The rich status of an error: ErrorInfo always, BadRequest and RetryInfo where they belong.

    Never larger than a client takes: the first of many violations are named, and long values are cut.
    """
    metadata = {key: _cut(value) for key, value in error.metadata.items()}
    details: list[message.Message] = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)
    ]
    if isinstance(error, InvalidArgument):
        details.append(_bad_request(error.violations))
    if error.retry is not None:
        wait = duration_pb2.Duration()
        wait.FromMilliseconds(int(error.retry.after_s * 1000))
        details.append(error_details_pb2.RetryInfo(retry_delay=wait))
    return _status(error.code.value[0], _cut(error.message), details)


def _bad_request(violations: Sequence[Violation]) -> error_details_pb2.BadRequest:
    """As many of the violations as there is room for, one at least."""
    detail = error_details_pb2.BadRequest()
    for violation in violations:
        detail.field_violations.add(
            field=_cut(violation.field, _LONGEST_PATH), description=_cut(violation.description)
        )
        if detail.ByteSize() > _VIOLATIONS_BYTES:
            break
    return detail


def _cut(text: str, most: int = _MOST_CHARACTERS) -> str:
    """One line of a bounded length: what a caller sent, a key of a map for instance, may stand in it."""
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    return text if text.isprintable() else "".join(each if each.isprintable() else "?" for each in text)


def _status(code: int, text: str, details: list[message.Message]) -> status_pb2.Status:
    status = status_pb2.Status(code=code, message=text)
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


async def abort(context: grpc.aio.ServicerContext, error: KompangError) -> NoReturn:
    """Ends the call with the status of the error."""
    await _abort(context, to_status(error))


async def _abort(context: grpc.aio.ServicerContext, status: status_pb2.Status) -> NoReturn:
    # The instrumentation does not see this way of ending a call. The message stays out of the span.
    trace.get_current_span().set_attribute("rpc.grpc.status_code", status.code)
    await context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError  # abort_with_status always raises


def _internal() -> status_pb2.Status:
    """Of an unforeseen error, whose type and place are in the log: the caller gets the trace id alone."""
    trace_id = f"{trace.get_current_span().get_span_context().trace_id:032x}"
    info = error_details_pb2.ErrorInfo(
        reason=GenericReason.INTERNAL, domain=DOMAIN, metadata={"trace_id": trace_id}
    )
    return _status(code_pb2.INTERNAL, "internal error; quote the trace id to the operator", [info])
