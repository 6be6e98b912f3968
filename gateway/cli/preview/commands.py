"""`kompang preview`: needs KOMPANG_GATEWAY_ADDRESS and KOMPANG_API_KEY."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import grpc
import typer
from google.protobuf import json_format

from gateway.cli.output import Output
from gateway.cli.preview.display import show
from gateway.cli.refusals import as_error
from gateway.cli.settings import ClientSettings
from kompang.v1 import sequences_pb2 as pb
from kompang.v1 import sequences_pb2_grpc
from services.runtime.channel import connect

_CALL_S = 30.0


def _attributes(values: list[str] | None) -> list[str]:
    for value in values or ():
        if not value.partition("=")[1]:
            raise typer.BadParameter("must be KEY=VALUE, such as city=Ipoh")
    return values or []


def preview(
    step: Annotated[str, typer.Option(help="A saved step: sequences/cold/steps/1.")] = "",
    text: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A file with a text that is not saved.")
    ] = None,
    lead: Annotated[str, typer.Option(help="Who reads it: leads/5.")] = "",
    name: Annotated[str, typer.Option(help="Of an invented reader.")] = "",
    language: Annotated[str, typer.Option(help="Of an invented reader: ms, en, zh-Hant.")] = "",
    timezone: Annotated[str, typer.Option(help="Of an invented reader: Asia/Kuala_Lumpur.")] = "",
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE", callback=_attributes, help="Of an invented reader; repeat for more."
        ),
    ] = None,
    samples: Annotated[int, typer.Option(min=1, max=100, help="How many to show.")] = 5,
    audience: Annotated[
        int, typer.Option(min=0, help="Of how many leads; those with its trigger otherwise.")
    ] = 0,
    output: Annotated[Output, typer.Option(help="Form of the result.")] = Output.TEXT,
) -> None:
    """Show what a step reads like, how many different texts it makes, and how often they will repeat.

    Exits with 0 when shown, 1 when refused (a text that cannot be sent, with line and column), 2 for wrong
    usage, 3 when the gateway is away.
    """
    if bool(step) == bool(text):
        raise typer.BadParameter("give either --step or --text")
    invented = pb.Reader(
        display_name=name,
        language=language,
        timezone=timezone,
        attributes=dict(value.split("=", 1) for value in attribute or ()),
    )
    is_invented = bool(invented.ListFields())
    if lead and is_invented:
        raise typer.BadParameter("give either a lead or what an invented one is like")
    request = pb.PreviewStepRequest(sample_count=samples, audience_size=audience)
    if text:
        request.draft.text = _read(text)
    else:
        request.step = step
    if lead:
        request.lead = lead
    elif is_invented:
        request.invented.CopyFrom(invented)
    response = asyncio.run(_previewed(ClientSettings(), request))
    if output is Output.JSON:
        shown = json_format.MessageToDict(response, always_print_fields_with_no_presence=True)
        typer.echo(json.dumps(shown | {"audienceSize": response.audience_size}, ensure_ascii=False))
    else:
        show(response)


def _read(path: Path) -> str:
    """Without the end of the last line, which an editor put there."""
    try:
        return path.read_text(encoding="utf-8-sig").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{path} is not UTF-8; save it as such") from error


async def _previewed(settings: ClientSettings, request: pb.PreviewStepRequest) -> pb.PreviewStepResponse:
    async with connect(settings.gateway_address) as channel:
        stub = sequences_pb2_grpc.SequencesServiceStub(channel)
        try:
            response: pb.PreviewStepResponse = await stub.PreviewStep(
                request, metadata=settings.metadata, timeout=_CALL_S
            )
        except grpc.aio.AioRpcError as error:
            raise as_error(error) from None
        return response
