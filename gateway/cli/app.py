"""The tree of commands, and the one place where errors become lines and an exit code."""

import os
import sys
from importlib.metadata import version
from typing import Annotated, Any, ClassVar

import typer

from gateway.cli import exit_codes
from gateway.cli.completion import PROGRAM, Install, Show, named
from gateway.cli.errors import EXPECTED, code_of, lines
from gateway.cli.exit_codes import Interrupted, ReadEnough
from gateway.cli.rooms import RoomGroup
from gateway.cli.terminal import safe

_NAMES = ("preview", "top", "account", "admin", "campaigns", "devices", "leads", "messages", "sequences")


class RootGroup(RoomGroup):
    """Keeps Ctrl-C and a closed output apart, of which typer would make an exit like any other."""

    rooms: ClassVar = {name: f"gateway.cli.{name}.commands" for name in _NAMES}

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """Where help and completion are printed. Raises `ReadEnough`."""
        try:
            return super().make_context(*args, **extra)
        except BrokenPipeError:
            raise ReadEnough from None

    def invoke(self, ctx: Any) -> Any:
        """Raises `Interrupted` and `ReadEnough`."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted("interrupted") from None
        except BrokenPipeError:
            raise ReadEnough from None


app = typer.Typer(
    cls=RootGroup,
    no_args_is_help=True,
    # Its own, in `completion`: typer's takes no shell's name.
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=exit_codes.HELP,
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - as typer calls it
    if wanted:
        typer.echo(f"{PROGRAM} {version('kompang')}")
        raise typer.Exit


@app.callback()
def kompang(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    show_completion: Show = None,
    install_completion: Install = None,
) -> None:
    """Leads, sequences and campaigns of an account, from the command line.

    Set KOMPANG_GATEWAY_ADDRESS (host:port or https://host:port) and KOMPANG_API_KEY; admin needs
    KOMPANG_POSTGRES_DSN instead.
    With --output json every line of the output is one JSON object.
    """


def main() -> None:
    """What the program does: runs one command and exits with its code."""
    try:
        code = run(sys.argv[1:])
    except ReadEnough:
        # Nothing more is written, not even at the very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = exit_codes.DONE
    sys.exit(code)


def run(args: list[str]) -> int:
    """Runs one command and gives its exit code, with a line for what went wrong. Raises `ReadEnough`."""
    try:
        # Typer gives back the code of an Exit, else what the command returned: nothing.
        return app(named(args), prog_name=PROGRAM, standalone_mode=False) or exit_codes.DONE
    except EXPECTED as error:
        for line in lines(error):
            typer.echo(safe(line), err=True)
        return code_of(error)
