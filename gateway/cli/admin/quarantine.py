"""`kompang admin quarantine`: replies that nobody could record, and what is done about them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table
from rich.text import Text

from gateway.admin.quarantine.store import Quarantined, QuarantineStore
from gateway.admin.store import AdminStore
from gateway.cli.output import Form, Output, console
from gateway.cli.settings import HashSettings
from gateway.cli.terminal import escaped
from services.consent.phone_hash import PhoneHashes
from services.runtime.errors import InvalidArgument, Violation
from services.runtime.secret import RootSecret
from services.runtime.settings import PostgresSettings

app = typer.Typer(
    no_args_is_help=True, help="Replies that could not be recorded; no stop word is lost there."
)

Reply = Annotated[str, typer.Argument(help="The reply, as `list` shows it.")]
_E164 = 15

_Answer = TypeVar("_Answer")


class As(StrEnum):
    """What an operator takes a reply for."""

    STOP = "stop"
    DISMISSED = "dismissed"


def _run(work: Callable[[QuarantineStore], Awaitable[_Answer]]) -> _Answer:
    async def run() -> _Answer:
        async with AdminStore.opened(PostgresSettings()) as admin:
            return await work(admin.quarantine)

    return asyncio.run(run())


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 100,
    output: Form = Output.TEXT,
) -> None:
    """List the replies that wait for a person; what is a stop word comes first.

    Such a reply came to a device that this installation does not have, or without a number, or the database
    refused it. The words are folded (in lower case, without signs), and kept only where they are short.
    """
    found = _run(lambda store: store.listed(limit))
    if output is Output.JSON:
        for each in found:
            typer.echo(escaped(json.dumps(_object(each), ensure_ascii=False)))
        return
    table = Table(
        "reply", "received (UTC)", "account", "device", "from", "words", "why", box=None, pad_edge=False
    )
    for each in found:
        table.add_row(
            each.id,
            f"{each.received_at:%Y-%m-%d %H:%M:%S}",
            each.account or "?",
            str(each.device_id),
            _who(each) or "?",
            Text(each.folded, "bold red" if each.is_stop else ""),
            each.why,
        )
    console().print(table)


@app.command("show")
def show(reply: Reply, output: Form = Output.TEXT) -> None:
    """Show one reply: who wrote it to which device, and the words as they are kept.

    It is a person's message to a business: look at it only to decide what the person wants.
    """
    found = _run(lambda store: store.shown(reply))
    if output is Output.JSON:
        typer.echo(escaped(json.dumps(_object(found), ensure_ascii=False)))
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in (
        ("reply", found.id),
        ("received", f"{found.received_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("account", found.account or "unknown"),
        ("device", f"devices/{found.device_id}"),
        ("from", _who(found) or "unknown"),
        ("words", found.folded or "too long to be a stop word: not kept"),
        ("stop word", "yes" if found.is_stop else "no"),
        ("why here", found.why),
    ):
        table.add_row(name, Text(value, overflow="fold"))
    console().print(table)


@app.command("resolve")
def resolve(
    reply: Reply,
    as_: Annotated[As, typer.Option("--as", help="Whether the person is not to be written to any more.")],
    phone: Annotated[
        str | None, typer.Option("--number", help="Who wrote it, where the reply does not say: +60123456789.")
    ] = None,
    output: Form = Output.TEXT,
) -> None:
    """Settle a reply: as a stop, which suppresses the person at once, or dismissed; the audit records it.

    A stop counts in the account of its device and wherever the number is a lead's; where nobody knows the
    device it counts in every account. A stop also reads KOMPANG_SECRET.
    """
    if phone is not None and not _is_phone(phone):
        text = "must be in international form, such as +60123456789"
        raise InvalidArgument([Violation("--number", text)])
    accounts = 0
    try:
        if as_ is As.STOP:
            hashes = PhoneHashes(RootSecret.of(HashSettings()).derived("phone"))
            accounts = _run(lambda store: store.stop(reply, phone, hashes))
        else:
            _run(lambda store: store.dismiss(reply))
    except InvalidArgument as error:
        violations = [Violation(f"--{each.field}", each.description) for each in error.violations]
        raise InvalidArgument(violations) from None
    if output is Output.JSON:
        typer.echo(json.dumps({"reply": reply, "resolution": as_.value, "accounts": accounts}))
    elif as_ is As.STOP:
        typer.echo(f"reply {reply}: nothing more is sent to that number ({accounts} accounts)")
    else:
        typer.echo(f"reply {reply}: dismissed")


def _is_phone(text: str) -> bool:
    digits = text.removeprefix("+")
    return text.startswith("+") and digits.isascii() and digits.isdigit() and len(digits) <= _E164


def _who(each: Quarantined) -> str:
    """The number; or the network's own identity of somebody whose number nobody knows."""
    return f"+{each.sender}" if each.sender else each.lid and f"{each.lid}@lid"


def _object(each: Quarantined) -> dict[str, Any]:
    return {
        "reply": each.id,
        "receiveTime": each.received_at.isoformat(),
        "account": each.account,
        "device": each.device_id,
        "sender": each.sender,
        "identity": each.lid,
        "words": each.folded,
        "stop": each.is_stop,
        "why": each.why,
    }
