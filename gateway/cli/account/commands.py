"""`kompang account`: needs KOMPANG_GATEWAY_ADDRESS and KOMPANG_API_KEY."""

from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from gateway.cli import calls
from gateway.cli.account.changes import Changes
from gateway.cli.account.display import show_account, show_days
from gateway.cli.account.options import (
    Country,
    ForgottenDays,
    Holidays,
    Language,
    PerDay,
    PerWeek,
    QuietDays,
    QuietHours,
    QuietWeekdays,
    Share,
    Timezone,
    Variation,
    Words,
    WorkingDays,
)
from gateway.cli.output import Form, Output, show
from gateway.client import Client
from kompang.v1 import accounts_pb2 as pb

app = typer.Typer(no_args_is_help=True, help="The account of the API key: time zone, guards, wording.")

_OWN = "accounts/-"


@app.command("show")
def show_(output: Form = Output.TEXT) -> None:
    """Show the account with every default filled in."""
    show(calls.read("accounts", "GetAccount", pb.GetAccountRequest(name=_OWN)), output, show_account)


@app.command("days")
def days(output: Form = Output.TEXT) -> None:
    """Show the single days on which nobody is written to: public holidays, and those of the account."""
    show(calls.read("accounts", "GetAccount", pb.GetAccountRequest(name=_OWN)), output, show_days)


@app.command("update")
def update(
    display_name: Annotated[str | None, typer.Option("--name", help="A display name.")] = None,
    timezone: Timezone = None,
    language: Language = None,
    country: Country = None,
    quiet_hours: QuietHours = None,
    quiet_weekdays: QuietWeekdays = None,
    holidays: Holidays = None,
    quiet_day: QuietDays = None,
    working_day: WorkingDays = None,
    forget_day: ForgottenDays = None,
    per_day: PerDay = None,
    per_week: PerWeek = None,
    stop_word: Words = None,
    start_word: Words = None,
    stop_confirmation: Annotated[
        str | None, typer.Option(help="The one answer to a stop word; empty for none.")
    ] = None,
    footer: Annotated[str | None, typer.Option(help="The last line of every text.")] = None,
    fallback_name: Annotated[str | None, typer.Option(help="For leads without a usable name.")] = None,
    variation: Annotated[Variation | None, typer.Option(help="How much texts vary.")] = None,
    greetings: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A YAML file with `greetings:`.")
    ] = None,
    full_stop: Share = None,
    comma: Share = None,
    space: Share = None,
    greeting_case: Share = None,
    output: Form = Output.TEXT,
) -> None:
    """Change the settings whose options are given, from the next message on; no other setting changes."""
    changes = Changes(
        {
            "display_name": display_name, "timezone": timezone, "language": language, "country": country,
            "quiet_hours": quiet_hours, "quiet_weekdays": quiet_weekdays, "holiday_regions": holidays,
            "quiet_day": quiet_day, "working_day": working_day, "forget_day": forget_day,
            "per_day": per_day, "per_week": per_week, "stop_words": stop_word,
            "start_words": start_word, "stop_confirmation": stop_confirmation,
            "footer": footer, "fallback_name": fallback_name,
            "variation": variation, "greetings": greetings, "full_stop": full_stop, "comma": comma,
            "space": space, "greeting_case": greeting_case,
        }
    )  # fmt: skip
    if all(value is None for value in changes.given.values()):
        raise typer.BadParameter("say what to change, e.g. --quiet-hours 21:00-09:00", param_hint="options")

    async def updated(client: Client) -> pb.Account:
        """On the account as it is; somebody else's change meanwhile is refused by its etag."""
        account = await client.call(client.accounts.GetAccount, pb.GetAccountRequest(name=_OWN))
        changes.upon(account)
        # The request need not repeat the fields that the gateway computes.
        account.ClearField("quiet_days")
        mask = FieldMask(paths=changes.paths)
        request = pb.UpdateAccountRequest(account=account, update_mask=mask)
        made: pb.Account = await calls.changed(client, client.accounts.UpdateAccount, request)
        return made

    show(calls.run(updated), output, show_account)
