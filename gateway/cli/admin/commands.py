"""`kompang admin`: needs KOMPANG_POSTGRES_DSN of a role that may write accounts."""

import asyncio
import json
from datetime import time
from typing import Annotated

import typer

from gateway.accounts.model import DEFAULT_GUARDS, Guards
from gateway.admin.store import AdminStore
from gateway.cli.account.options import Country, Language, PerDay, PerWeek, QuietHours, Timezone, quiet_hours
from gateway.cli.admin.options import ALL_SCOPES, Scopes, Slug
from gateway.cli.output import Form, Output
from services.runtime.errors import InvalidArgument, Violation
from services.runtime.settings import PostgresSettings

app = typer.Typer(no_args_is_help=True, help="Accounts and API keys, written to the database by an operator.")


def _of_option(violation: Violation) -> Violation:
    """With the option that the field was given by."""
    return Violation(f"--{violation.field}", violation.description)


def _guards(quiet: str | None, per_day: int | None, per_week: int | None) -> Guards:
    """The product's own, but for what was said."""
    if quiet is None:
        hours = DEFAULT_GUARDS.quiet_from, DEFAULT_GUARDS.quiet_until
    elif found := quiet_hours(quiet):
        hours = time.fromisoformat(found[0]), time.fromisoformat(found[1])
    else:
        hours = None, None
    return Guards(
        *hours,
        DEFAULT_GUARDS.daily_cap if per_day is None else per_day,
        DEFAULT_GUARDS.weekly_cap if per_week is None else per_week,
    )


@app.command("create-account")
def create_account(
    slug: Slug,
    display_name: Annotated[str, typer.Option(help="A display name.")] = "",
    timezone: Timezone = "UTC",
    language: Language = "",
    country: Country = "",
    quiet: QuietHours = None,
    per_day: PerDay = None,
    per_week: PerWeek = None,
    scopes: Scopes = ALL_SCOPES,
    output: Form = Output.TEXT,
) -> None:
    """Create an account with one API key, and print the key: it is not shown again.

    Unless said otherwise nobody is written to between 21:00 and 09:00 their time, nor more than twice a day
    or seven times a week; `kompang account update` changes all of it later.
    """
    guards = _guards(quiet, per_day, per_week)

    async def create() -> str:
        async with AdminStore.opened(PostgresSettings()) as store:
            made = await store.create_account(
                slug,
                display_name,
                timezone or "UTC",
                scopes.split(","),
                guards,
                country or "",
                language or "",
            )
            return made.text

    try:
        key = asyncio.run(create())
    except InvalidArgument as error:
        raise InvalidArgument([_of_option(each) for each in error.violations]) from None
    if output is Output.JSON:
        typer.echo(json.dumps({"account": slug, "apiKey": key, "scopes": scopes.split(",")}))
    else:
        typer.echo(f"account {slug}\nAPI key {key}\nKeep the key now: only its hash is stored.")


@app.command("create-key")
def create_key(
    slug: Slug,
    scopes: Scopes = ALL_SCOPES,
    output: Form = Output.TEXT,
) -> None:
    """Create another API key for an account, and print the key: it is not shown again.

    A key keeps the scopes it was made with: for those that came with a later version make a new one, and
    revoke the old one when nobody uses it any more.
    """

    async def create() -> str:
        async with AdminStore.opened(PostgresSettings()) as store:
            return (await store.create_key(slug, scopes.split(","))).text

    key = asyncio.run(create())
    if output is Output.JSON:
        typer.echo(json.dumps({"account": slug, "apiKey": key, "scopes": scopes.split(",")}))
    else:
        typer.echo(f"API key {key}\nKeep the key now: only its hash is stored.")


@app.command("revoke-key")
def revoke_key(
    public_id: Annotated[str, typer.Argument(help="The part of the key between kpg_ and the next _.")],
    output: Form = Output.TEXT,
) -> None:
    """Refuse an API key from now on; running gateways follow within 5 seconds."""

    async def revoke() -> None:
        async with AdminStore.opened(PostgresSettings()) as store:
            await store.revoke_key(public_id)

    asyncio.run(revoke())
    if output is Output.JSON:
        typer.echo(json.dumps({"publicId": public_id, "revoked": True}))
    else:
        typer.echo(f"revoked {public_id}")
