"""`kompang messages`: needs KOMPANG_GATEWAY_ADDRESS and KOMPANG_API_KEY.

Exits with 0 when done, 1 when refused, 2 for wrong usage, 3 when the gateway is away.
"""

import asyncio
import json
import re
import uuid
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import grpc
import typer
from google.protobuf import json_format
from google.protobuf.message import Message

from gateway.cli.messages.display import show_explanation, show_message, show_messages
from gateway.cli.output import Output
from gateway.cli.refusals import as_error
from gateway.cli.settings import ClientSettings
from kompang.v1 import messages_pb2 as pb
from kompang.v1 import messages_pb2_grpc
from services.runtime.channel import connect

app = typer.Typer(no_args_is_help=True, help="What is planned, what went, and why not.")

_CALL_S = 30.0
_MOST_A_PAGE = 1000
_NAME = re.compile(r"(messages/)?[1-9][0-9]{0,17}")


class State(StrEnum):
    """Those of a message."""

    PENDING = "pending"
    HANDED = "handed"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Resolution(StrEnum):
    """What is known of a message, or decided."""

    SENT = "sent"
    RESEND = "resend"
    GIVE_UP = "give-up"


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise typer.BadParameter("must be the name of a message, such as messages/5")
    return value if "/" in value else f"messages/{value}"


_Message = Annotated[str, typer.Argument(callback=_name, metavar="MESSAGE", help="messages/5, or 5.")]
_Output = Annotated[Output, typer.Option(help="Form of the result.")]


@app.command("explain")
def explain(message: _Message, output: _Output = Output.TEXT) -> None:
    """Say why a message went, did not go, or does not go yet: every guard, and when it passes."""
    explanation = _called("ExplainMessage", pb.ExplainMessageRequest(name=message))
    _print(explanation, output, show_explanation)


@app.command("list")
def list_(
    lead: Annotated[str, typer.Option(help="Only to this lead: leads/5.")] = "",
    sequence: Annotated[str, typer.Option(help="Only of this sequence: sequences/cold.")] = "",
    state: Annotated[list[State] | None, typer.Option(help="Only in this state; repeat for more.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    output: _Output = Output.TEXT,
) -> None:
    """List messages: of one lead as they are due, else enrollment by enrollment, oldest first."""
    request = pb.ListMessagesRequest(
        lead=lead, sequence=sequence, states=[f"STATE_{each.upper()}" for each in state or ()]
    )
    _print(asyncio.run(_listed(ClientSettings(), request, limit)), output, show_messages)


@app.command("resolve")
def resolve(
    message: _Message,
    resolution: Annotated[Resolution, typer.Option("--as", help="It arrived, send it again, or neither.")],
    output: _Output = Output.TEXT,
) -> None:
    """Settle a message of which nobody knows whether it went.

    Sent again it may arrive twice, should the first attempt have gone after all.
    """
    request = pb.ResolveMessageRequest(
        name=message,
        resolution=f"RESOLUTION_{resolution.name}",
        request_id=str(uuid.uuid4()),
    )
    _print(_called("ResolveMessage", request), output, show_message)


def _print(response: Any, output: Output, show: Callable[[Any], None]) -> None:
    if output is Output.TEXT:
        show(response)
        return
    shown = json_format.MessageToDict(response, always_print_fields_with_no_presence=True)
    typer.echo(json.dumps(shown, ensure_ascii=False))


def _called(method: str, request: Message) -> Any:
    async def call() -> Any:
        settings = ClientSettings()
        async with connect(settings.gateway_address) as channel:
            return await _answer(channel, settings, method, request)

    return asyncio.run(call())


async def _listed(
    settings: ClientSettings, request: pb.ListMessagesRequest, limit: int
) -> pb.ListMessagesResponse:
    """Pages until there are enough; a next_page_token remains where there are more."""
    found = pb.ListMessagesResponse()
    async with connect(settings.gateway_address) as channel:
        while True:
            request.page_size = min(_MOST_A_PAGE, limit - len(found.messages))
            page = await _answer(channel, settings, "ListMessages", request)
            found.messages.extend(page.messages)
            found.next_page_token = request.page_token = page.next_page_token
            if not page.next_page_token or len(found.messages) >= limit:
                return found


async def _answer(channel: grpc.aio.Channel, settings: ClientSettings, method: str, request: Message) -> Any:
    stub = messages_pb2_grpc.MessagesServiceStub(channel)
    try:
        return await getattr(stub, method)(request, metadata=settings.metadata, timeout=_CALL_S)
    except grpc.aio.AioRpcError as error:
        raise as_error(error) from None
