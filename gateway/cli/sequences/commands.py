"""`kompang sequences`: needs KOMPANG_GATEWAY_ADDRESS and KOMPANG_API_KEY."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli import calls
from gateway.cli.exit_codes import Interrupted
from gateway.cli.names import named
from gateway.cli.output import Form, Output, console, show, show_all
from gateway.cli.prompt import agreed
from gateway.cli.sequences import display
from gateway.cli.sequences.apply import Applying
from gateway.cli.sequences.difference import Difference
from gateway.cli.sequences.move import move
from gateway.cli.sequences.plan import Plan
from gateway.cli.sequences.serialize import as_yaml
from gateway.client import Client
from kompang.v1 import sequences_pb2 as pb
from services.runtime.errors import InvalidArgument, KompangError

app = typer.Typer(no_args_is_help=True, help="Plans of steps that leads are taken through.")
app.command("move")(move)

_ENROLL_S = 600.0


class Shape(StrEnum):
    """For people, for programs, or for `apply`."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


_Name = Annotated[
    str, typer.Argument(callback=named("sequences"), metavar="NAME", help="cold, or sequences/cold.")
]


@app.command("apply")
def apply(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A YAML file with `sequences:`.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Apply without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and no more.")] = False,
    output: Form = Output.TEXT,
) -> None:
    """Make sequences what a file says; shows what that changes, and asks first.

    The file has a list `sequences:`, in any order; each has a name, and what it is to have of display_name,
    active, trigger, next, on_reply, on_reenter, on_unknown, variation, greetings and steps. What the file
    does not mention stays as it is, and nothing is ever deleted. Applied again it changes nothing; after a
    failure in the middle the same command does the rest. New steps make a new revision; leads enrolled before
    finish on theirs, unless `sequences move` moves them.
    """
    _refuse_unasked(output, yes=yes, dry_run=dry_run)
    plan = Plan.of(file)
    differences = calls.run(lambda client: compared(client, plan))
    if output is Output.TEXT:
        display.show_differences(console(), differences)
    applying = Applying(differences)
    is_empty = all(each.is_empty for each in differences)
    if dry_run or is_empty:
        _tell(applying, output, "nothing to change" if is_empty else "not applied: --dry-run")
        return
    if not yes and not agreed("Apply?"):
        raise KompangError("not applied")
    try:
        calls.run(applying.run)
    except InvalidArgument as error:
        _tell(applying, output, "")
        raise plan.located(applying.failed or differences[0], error) from None
    except (KompangError, Interrupted) as error:
        _tell(applying, output, "")
        raise _resumable(error, applying) from None
    _tell(applying, output, "")


@app.command("list")
def list_(output: Form = Output.TEXT) -> None:
    """List all sequences, oldest first."""
    found = calls.run(_every)
    show_all(found, output, lambda rows: display.show_list(console(), rows))


@app.command("get")
def get(
    name: _Name,
    output: Annotated[
        Shape, typer.Option(help="For people, JSON for programs, YAML for apply.")
    ] = Shape.TEXT,
) -> None:
    """Show a sequence with its steps; as YAML it can be changed and applied."""
    found = calls.read("sequences", "GetSequence", pb.GetSequenceRequest(name=name))
    if output is Shape.YAML:
        typer.echo(as_yaml([found]), nl=False)
    else:
        show(found, Output(output), lambda one: display.show_one(console(), one))


@app.command("activate")
def activate(name: _Name, output: Form = Output.TEXT) -> None:
    """Let enrollment take leads whose trigger matches."""
    _show_state(calls.change("sequences", "ActivateSequence", pb.ActivateSequenceRequest(name=name)), output)


@app.command("deactivate")
def deactivate(name: _Name, output: Form = Output.TEXT) -> None:
    """End new enrollments; leads already enrolled go on."""
    _show_state(
        calls.change("sequences", "DeactivateSequence", pb.DeactivateSequenceRequest(name=name)), output
    )


@app.command("enroll")
def enroll(
    name: Annotated[
        str,
        typer.Argument(
            callback=named("sequences"), metavar="[NAME]", help="Only this one; all active ones otherwise."
        ),
    ] = "",
    output: Form = Output.TEXT,
) -> None:
    """Look for leads to enroll now, not at the next turn, and wait for the end."""
    request = pb.RunEnrollmentRequest(sequence=name)
    ran = calls.run(lambda client: client.call(client.sequences.RunEnrollment, request, timeout_s=_ENROLL_S))
    show(
        ran,
        output,
        lambda one: typer.echo(
            f"{one.enrolled_count:,} leads enrolled, {one.message_count:,} messages written"
        ),
    )


def _refuse_unasked(output: Output, *, yes: bool, dry_run: bool) -> None:
    """Where nobody can be asked, what is wanted must be said."""
    if yes or dry_run:
        return
    if output is Output.JSON:
        raise typer.BadParameter("add --yes to apply, or --dry-run to look", param_hint="--output json")
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "nobody can be asked, since the standard input is no terminal; add --yes to apply, or --dry-run"
            " to look",
            param_hint="--yes",
        )


async def compared(client: Client, plan: Plan) -> list[Difference]:
    """What the file would change of the account, in the order in which it can."""
    existing = {each.name.removeprefix("sequences/"): each for each in await _every(client)}
    return plan.against(existing)


async def _every(client: Client) -> list[pb.Sequence]:
    pages = client.pages(client.sequences.ListSequences, pb.ListSequencesRequest(), "sequences")
    return [each async for each in pages]


def _show_state(sequence: pb.Sequence, output: Output) -> None:
    show(sequence, output, lambda one: typer.echo(f"{one.name} is {display.state(one)}"))


def _tell(applying: Applying, output: Output, text: str) -> None:
    if output is Output.JSON:
        typer.echo(json.dumps({"sequences": [_told(applying, each) for each in applying.differences]}))
    elif text:
        typer.echo(text)
    else:
        display.show_results(console(), applying)


def _told(applying: Applying, each: Difference) -> dict[str, Any]:
    return {
        "name": f"sequences/{each.slug}",
        "action": each.action,
        "result": applying.result(each),
        "changes": [vars(change) for change in each.changes],
    }


def _resumable(error: KompangError | Interrupted, applying: Applying) -> KompangError | Interrupted:
    """The same error, with the way on."""
    at = f"sequences/{applying.failed.slug}: " if applying.failed else ""
    text = f"{at}{error}; apply the file again for the rest"
    if isinstance(error, Interrupted):
        return Interrupted(text)
    error.message = text
    error.args = (text,)
    return error
