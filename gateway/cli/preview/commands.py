"""`kompang preview`: needs KOMPANG_GATEWAY_ADDRESS and KOMPANG_API_KEY."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import calls
from gateway.cli.names import named
from gateway.cli.output import Form, Output
from gateway.cli.output import show as output_of
from gateway.cli.preview.display import show
from kompang.v1 import sequences_pb2 as pb

app = typer.Typer()


def _attributes(values: list[str] | None) -> list[str]:
    for value in values or ():
        if not value.partition("=")[1]:
            raise typer.BadParameter("must be KEY=VALUE, such as city=Ipoh")
    return values or []


@app.command()
def preview(
    step: Annotated[str, typer.Option(help="A saved step: sequences/cold/steps/1.")] = "",
    text: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A file with a text that is not saved.")
    ] = None,
    lead: Annotated[
        str, typer.Option(callback=named("leads"), help="The lead who reads the text: leads/5.")
    ] = "",
    name: Annotated[str, typer.Option(help="Name of an invented reader.")] = "",
    language: Annotated[str, typer.Option(help="Language of an invented reader: ms, en, zh-Hant.")] = "",
    timezone: Annotated[str, typer.Option(help="Time zone of an invented reader: Asia/Kuala_Lumpur.")] = "",
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            callback=_attributes,
            help="An attribute of an invented reader; repeat for more.",
        ),
    ] = None,
    samples: Annotated[int, typer.Option(min=1, max=100, help="How many samples to show.")] = 5,
    audience: Annotated[
        int,
        typer.Option(
            min=0, help="Count repeats among so many leads; otherwise among those with the trigger."
        ),
    ] = 0,
    output: Form = Output.TEXT,
) -> None:
    """Show what a step reads like, how many different texts it makes, and how often they will repeat.

    A text that cannot be sent is refused with its line and column.
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
    output_of(calls.read("sequences", "PreviewStep", request), output, show)


def _read(path: Path) -> str:
    """Without the end of the last line, which an editor put there."""
    try:
        return path.read_text(encoding="utf-8-sig").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{path} is not UTF-8; save it as such") from error
