"""`kompang admin`: needs KOMPANG_POSTGRES_DSN of a role that may write accounts."""

import asyncio
from datetime import time
from typing import Annotated, ClassVar

import typer

from gateway.accounts.model import DEFAULT_GUARDS, Guards
from gateway.admin.model import MadeKey
from gateway.admin.store import AdminStore
from gateway.cli.account.options import Country, Language, PerDay, PerWeek, QuietHours, Timezone, quiet_hours
from gateway.cli.admin import keys
from gateway.cli.admin.display import show_made
from gateway.cli.admin.options import ALL_SCOPES, Expires, Scopes, Slug, expiry
from gateway.cli.output import Form, Output
from gateway.cli.rooms import RoomGroup
from gateway.cli.settings import AdminSettings
from services.runtime.errors import InvalidArgument, Violation


class AdminGroup(RoomGroup):
    """The commands beside those for accounts and keys; some need Consul, or the journal."""

    rooms: ClassVar = {
        "devices": "gateway.cli.admin.devices",
        "quarantine": "gateway.cli.admin.quarantine",
        "shards": "gateway.cli.admin.shards",
        "after-restore": "gateway.cli.admin.restores",
        "release": "gateway.cli.admin.restores",
        "rehash": "gateway.cli.admin.hashes",
    }


app = typer.Typer(
    cls=AdminGroup,
    no_args_is_help=True,
    help="Accounts, API keys, and what follows a restore: an operator's.",
)


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
    expires: Expires = "",
    output: Form = Output.TEXT,
) -> None:
    """Create an account with one API key, and print the key: it is not shown again.

    Unless said otherwise nobody is written to between 21:00 and 09:00 their time, nor more than twice a day
    or seven times a week; `kompang account update` changes all of it later.
    """
    guards = _guards(quiet, per_day, per_week)

    settings = AdminSettings()
    expires_at = expiry(expires, settings)

    async def create() -> MadeKey:
        async with AdminStore.opened(settings) as store:
            made = await store.create_account(
                slug,
                display_name,
                timezone or "UTC",
                scopes.split(","),
                guards,
                country or "",
                language or "",
                expires_at,
            )
            return MadeKey(made, slug, scopes.split(","), expires_at)

    try:
        made = asyncio.run(create())
    except InvalidArgument as error:
        raise InvalidArgument([_of_option(each) for each in error.violations]) from None
    show_made(made, output, f"account {slug}\n")


app.add_typer(keys.app, name="keys")
# As these were called before there were more.
app.command("create-key", hidden=True)(keys.create)
app.command("revoke-key", hidden=True)(keys.revoke)
