"""`kompang admin rehash`: the hashes of numbers brought under the newest secret."""

import asyncio
import json

import typer

from gateway.admin.hashes.store import Left
from gateway.admin.store import AdminStore
from gateway.cli.output import Form, Output
from gateway.cli.settings import HashSettings
from services.consent.phone_hash import PhoneHashes
from services.proxies import proxy_sealing
from services.runtime.secret import RootSecret

app = typer.Typer()


@app.command()
def rehash(output: Form = Output.TEXT) -> None:
    """Bring all numbers to one form, and their hashes under the newest secret; also reads KOMPANG_SECRET.

    Run it when every process has the newest secret: after an upgrade, and to end a change of secrets. Of two
    leads that are one person by an older form of the number, one stays, with the permissions of both. Stopped
    half-way, it goes on where it stopped. It says how many suppressions of people who are no leads still need
    an older secret. The proxies of devices are sealed under the newest secret, too.
    """

    async def run() -> tuple[Left, int]:
        settings = HashSettings()
        root = RootSecret.of(settings)
        hashes = PhoneHashes(root.derived("phone"))
        async with AdminStore.opened(settings) as store:
            unreadable = await store.numbers.reseal(proxy_sealing(root))
            return await store.rehash(hashes).run(), unreadable

    left, unreadable = asyncio.run(run())
    if output is Output.JSON:
        told = {"olderSecrets": left.older, "unknownSecrets": left.unknown, "unreadableProxies": unreadable}
        typer.echo(json.dumps(told))
        return
    typer.echo("all leads are known by the newest secret")
    if left.older:
        typer.echo(f"{left.older} suppressions of people who are no leads need an older secret: keep it")
    if left.unknown:
        typer.echo(f"{left.unknown} suppressions are under a secret that was not given: add it")
    if unreadable:
        typer.echo(
            f"{unreadable} devices have a proxy that no secret that was given can read, and no session:"
            " add the secret, or write their proxies again"
        )
