"""The tree of commands, and the one place where errors become a line and an exit code."""

import sys

import pydantic
import typer

from gateway.cli.admin import commands as admin
from gateway.cli.campaigns import commands as campaigns
from gateway.cli.leads import commands as leads
from gateway.cli.messages import commands as messages
from gateway.cli.preview import commands as previews
from services.runtime.errors import KompangError, Unavailable
from services.runtime.settings import explained

REFUSED, USAGE, UNAVAILABLE = 1, 2, 3

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
app.add_typer(admin.app, name="admin")
app.add_typer(campaigns.app, name="campaigns")
app.add_typer(leads.app, name="leads")
app.add_typer(messages.app, name="messages")
app.command("preview")(previews.preview)


@app.callback()
def kompang() -> None:
    """Run a Kompang mesh."""


def main() -> None:
    """Exits with 0 when done, 1 when refused, 2 for wrong usage, 3 when something needed is away."""
    try:
        app()
    except Unavailable as error:
        _leave(str(error), UNAVAILABLE)
    except KompangError as error:
        _leave(str(error), REFUSED)
    except pydantic.ValidationError as error:
        _leave(explained(error), USAGE)


def _leave(text: str, code: int) -> None:
    typer.echo(f"kompang: {text}", err=True)
    sys.exit(code)
