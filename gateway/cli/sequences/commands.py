"""`kompang sequences`: needs KOMPANG_GATEWAY_ADDRESS and KOMPANG_API_KEY."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli import calls
from gateway.cli.exit_codes import Interrupted
from gateway.cli.names import named
from gateway.cli.output import Form, Output, console, echo, show, show_all
from gateway.cli.prompt import confirmed
from gateway.cli.sequences import display
from gateway.cli.sequences.apply import ApplyRun
from gateway.cli.sequences.difference import Difference
from gateway.cli.sequences.move import move
from gateway.cli.sequences.options import Name, Shape
from gateway.cli.sequences.plan import Plan
from gateway.cli.sequences.serialize import as_yaml
from gateway.client import Client
from kompang.v1 import sequences_pb2 as pb
from services.runtime.errors import InvalidArgument, KompangError

app = typer.Typer(no_args_is_help=True, help="Plans of steps that leads are taken through.")
app.command("move")(move)

_ENROLL_S = 600.0


@app.command("apply")
def apply(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A YAML file with `sequences:`.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Apply without asking.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
    output: Form = Output.TEXT,
) -> None:
    """Create and change sequences as a file says; shows the difference, and asks first.

    The file has a list `sequences:`, in any order; each has a name, and of display_name, active, trigger,
    next, on_reply, on_reenter, on_unknown, variation, greetings and steps what is to be set. What the file
    does not mention stays as it is, and nothing is ever deleted. Applied again it changes nothing; after a
    failure in the middle the same command applies the rest. New steps make a new revision; leads that are
    enrolled finish on theirs, unless `sequences move` moves them.
    """
    _refuse_unasked(output, yes=yes, dry_run=dry_run)
    plan = Plan.of(file)
    differences = calls.run(lambda client: compared(client, plan))
    if output is Output.TEXT:
        display.show_differences(console(), differences)
    apply_run = ApplyRun(differences)
    is_empty = all(each.is_empty for each in differences)
    if dry_run or is_empty:
        _print_result(apply_run, output, "nothing to change" if is_empty else "not applied: --dry-run")
        return
    if not yes and not confirmed("Apply?"):
        raise KompangError("not applied")
    try:
        calls.run(apply_run.run)
    except InvalidArgument as error:
        _print_result(apply_run, output, "")
        raise plan.located(apply_run.failed or differences[0], error) from None
    except (KompangError, Interrupted) as error:
        _print_result(apply_run, output, "")
        raise _resumable(error, apply_run) from None
    _print_result(apply_run, output, "")


@app.command("list")
def list_(output: Form = Output.TEXT) -> None:
    """List all sequences, oldest first."""
    found = calls.run(_every)
    show_all(found, output, lambda rows: display.show_list(console(), rows))


@app.command("get")
def get(
    name: Name,
    output: Annotated[
        Shape, typer.Option(help="For people, JSON for programs, YAML for apply.")
    ] = Shape.TEXT,
) -> None:
    """Show a sequence with its steps; as YAML it can be changed and applied."""
    found = calls.read("sequences", "GetSequence", pb.GetSequenceRequest(name=name))
    if output is Shape.YAML:
        echo(as_yaml([found]), nl=False)
    else:
        show(found, Output(output), lambda one: display.show_one(console(), one))


@app.command("activate")
def activate(name: Name, output: Form = Output.TEXT) -> None:
    """Activate a sequence: leads with its trigger are enrolled."""
    _show_state(calls.change("sequences", "ActivateSequence", pb.ActivateSequenceRequest(name=name)), output)


@app.command("deactivate")
def deactivate(name: Name, output: Form = Output.TEXT) -> None:
    """End new enrollments; leads that are enrolled stay enrolled."""
    _show_state(
        calls.change("sequences", "DeactivateSequence", pb.DeactivateSequenceRequest(name=name)), output
    )


@app.command("enroll")
def enroll(
    name: Annotated[
        str,
        typer.Argument(
            callback=named("sequences"),
            metavar="[NAME]",
            help="Only this sequence; all active ones otherwise.",
        ),
    ] = "",
    output: Form = Output.TEXT,
) -> None:
    """Look for leads to enroll now, not at the next scan, and wait for the end."""
    request = pb.RunEnrollmentRequest(sequence=name)
    ran = calls.run(lambda client: client.call(client.sequences.RunEnrollment, request, timeout_s=_ENROLL_S))
    show(
        ran,
        output,
        lambda one: echo(f"{one.enrolled_count:,} leads enrolled, {one.message_count:,} messages written"),
    )


def _refuse_unasked(output: Output, *, yes: bool, dry_run: bool) -> None:
    """Where nobody can answer a question, an option must say what to do."""
    if yes or dry_run:
        return
    if output is Output.JSON:
        raise typer.BadParameter("add --yes to apply, or --dry-run to look", param_hint="--output json")
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "the standard input is no terminal to answer a question; add --yes to apply, or --dry-run"
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
    show(sequence, output, lambda one: echo(f"{one.name} is {display.state(one)}"))


def _print_result(apply_run: ApplyRun, output: Output, text: str) -> None:
    if output is Output.JSON:
        typer.echo(json.dumps({"sequences": [_as_dict(apply_run, each) for each in apply_run.differences]}))
    elif text:
        echo(text)
    else:
        display.show_results(console(), apply_run)


def _as_dict(apply_run: ApplyRun, each: Difference) -> dict[str, Any]:
    return {
        "name": f"sequences/{each.slug}",
        "action": each.action,
        "result": apply_run.result(each),
        "changes": [vars(change) for change in each.changes],
    }


def _resumable(error: KompangError | Interrupted, apply_run: ApplyRun) -> KompangError | Interrupted:
    """The same error, with the command that resumes."""
    at = f"sequences/{apply_run.failed.slug}: " if apply_run.failed else ""
    text = f"{at}{error}; apply the file again for the rest"
    if isinstance(error, Interrupted):
        return Interrupted(text)
    error.message = text
    error.args = (text,)
    return error
