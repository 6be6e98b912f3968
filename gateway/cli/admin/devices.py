"""`kompang admin devices`: which account has a number, and a number that its account does not give up."""

import asyncio
import json
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from gateway import phones
from gateway.admin.devices.store import NumberDevice, OutdatedClient
from gateway.admin.store import AdminStore
from gateway.cli.output import Form, Output, console, echo
from gateway.cli.prompt import confirmed
from services.runtime.settings import PostgresSettings

app = typer.Typer(no_args_is_help=True, help="Numbers across accounts: a number has one account at a time.")


def _number(text: str) -> str:
    try:
        return phones.normalised(text)
    except phones.PhoneError as error:
        raise typer.BadParameter(str(error)) from error


@app.command("find")
def find(
    phone: Annotated[str, typer.Argument(metavar="NUMBER", parser=_number, help="Such as +60123456789.")],
    output: Form = Output.TEXT,
) -> None:
    """Show which account has a number, and which had it before."""
    found = asyncio.run(_with_phone(phone))
    if output is Output.JSON:
        for each in found:
            typer.echo(json.dumps(_object(each)))
    elif not found:
        echo("no account has this number", err=True)
    else:
        table = Table("device", "account", "number", "state", "linked (UTC)", box=None, pad_edge=False)
        for each in found:
            state = f"{each.state}: {each.state_reason}" if each.state_reason else each.state
            has = "has it" if each.linked else "gave it up"
            table.add_row(f"devices/{each.id}", each.account, has, state, f"{each.created_at:%Y-%m-%d %H:%M}")
        console().print(table)


@app.command("unlink")
def unlink(
    device: Annotated[int, typer.Argument(min=1, max=2**31 - 1, help="The device, as `find` shows it.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    output: Form = Output.TEXT,
) -> None:
    """Take a number from a device whose account does not give it up itself, so that another may link it.

    The device is parked at once and its messages wait; the audit of its account records it.
    """
    if not yes and not confirmed(f"Park devices/{device} and give up its number?"):
        raise typer.Exit(1)
    account = asyncio.run(_unlinked(device))
    if output is Output.JSON:
        typer.echo(json.dumps({"device": f"devices/{device}", "account": account}))
    else:
        echo(f"devices/{device} of {account} has given up its number; another account may link it")


@app.command("outdated")
def outdated(
    *,
    forget: Annotated[
        bool, typer.Option("--forget", help="Let the devices try again that are held for them.")
    ] = False,
    output: Form = Output.TEXT,
) -> None:
    """Show the versions of clients that the network takes no more: devices on hosts with one are held.

    They go on by themselves on hosts that run another version. `--forget` is for a network that refused one
    by mistake: where it still does, they are held again.
    """
    found = asyncio.run(_outdated(forget=forget))
    if output is Output.JSON:
        for each in found:
            told = {"transport": each.transport, "version": each.version, "held": each.held}
            typer.echo(json.dumps(told | {"noticeTime": each.noticed_at.isoformat()}))
        return
    if not found:
        echo("the network takes every client", err=True)
        return
    table = Table("transport", "version", "since (UTC)", "devices held", box=None, pad_edge=False)
    for each in found:
        table.add_row(
            each.transport, Text(each.version), f"{each.noticed_at:%Y-%m-%d %H:%M}", f"{each.held:,}"
        )
    console().print(table)
    if forget:
        echo("forgotten; their devices try again within seconds")


async def _outdated(*, forget: bool) -> list[OutdatedClient]:
    async with AdminStore.opened(PostgresSettings()) as admin:
        found = await admin.numbers.outdated()
        if forget:
            await admin.numbers.forget_outdated()
        return found


async def _with_phone(phone: str) -> list[NumberDevice]:
    async with AdminStore.opened(PostgresSettings()) as admin:
        return await admin.numbers.with_phone(phone)


async def _unlinked(device: int) -> str:
    async with AdminStore.opened(PostgresSettings()) as admin:
        return await admin.numbers.unlink(device)


def _object(each: NumberDevice) -> dict[str, Any]:
    return {
        "device": f"devices/{each.id}",
        "account": each.account,
        "linked": each.linked,
        "state": each.state,
        "reason": each.state_reason,
        "createTime": each.created_at.isoformat(),
    }
