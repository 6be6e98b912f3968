"""`kompang admin keys`: which keys there are, who uses them, and who tries others."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from gateway.admin.store import AdminStore
from gateway.cli.admin.display import show_failures, show_keys, show_made
from gateway.cli.admin.options import ALL_SCOPES, Expires, KeyId, Label, Overlap, Scopes, Slug, expiry
from gateway.cli.durations import parse_duration
from gateway.cli.output import Form, Output, echo
from gateway.cli.settings import AdminSettings

Answer = TypeVar("Answer")

app = typer.Typer(no_args_is_help=True, help="API keys, and the log-ins that were refused.")


def _run(settings: AdminSettings, work: Callable[[AdminStore], Awaitable[Answer]]) -> Answer:
    async def connected() -> Answer:
        async with AdminStore.opened(settings) as store:
            return await work(store)

    return asyncio.run(connected())


@app.command("list")
def list_keys(
    slug: Annotated[str | None, typer.Argument(help="Of this account alone.")] = None,
    *,
    with_ended: Annotated[bool, typer.Option("--all", help="Also revoked and expired ones.")] = False,
    output: Form = Output.TEXT,
) -> None:
    """List the keys, with their expiry and last use (written once a minute); the secret is shown nowhere."""
    show_keys(_run(AdminSettings(), lambda store: store.keys(slug, with_ended=with_ended)), output)


@app.command("create")
def create(
    slug: Slug,
    scopes: Scopes = ALL_SCOPES,
    label: Label = "",
    expires: Expires = "",
    output: Form = Output.TEXT,
) -> None:
    """Create another API key for an account, and print the key: it is not shown again.

    A key keeps the scopes it was made with: for those that came with a later version make a new one, and
    revoke the old one when nobody uses it any more.
    """
    settings = AdminSettings()
    expires_at = expiry(expires, settings)
    made = _run(settings, lambda store: store.create_key(slug, scopes.split(","), label, expires_at))
    show_made(made, output)


@app.command("rotate")
def rotate(
    public_id: KeyId, overlap: Overlap = "7d", expires: Expires = "", output: Form = Output.TEXT
) -> None:
    """Create a key with the account, scopes and label of another one, and let that one expire.

    Both are good until then: give the new one to those who use the old one, and see by `list` when nobody
    does any more.
    """
    settings = AdminSettings()
    expires_at = expiry(expires, settings)
    made = _run(settings, lambda store: store.rotate_key(public_id, parse_duration(overlap), expires_at))
    show_made(made, output)


@app.command("revoke")
def revoke(public_id: KeyId, output: Form = Output.TEXT) -> None:
    """Refuse an API key from now on; within 5 seconds gateways refuse it and end the calls it has open."""
    _run(AdminSettings(), lambda store: store.revoke_key(public_id))
    if output is Output.JSON:
        typer.echo(json.dumps({"publicId": public_id, "revoked": True}))
    else:
        echo(f"revoked {public_id}")


@app.command("failures")
def failures(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    output: Form = Output.TEXT,
) -> None:
    """List the log-ins that were refused in 30 days, by address and reason, the newest first."""
    show_failures(_run(AdminSettings(), lambda store: store.failed_logins(limit)), output)
