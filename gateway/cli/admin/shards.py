"""`kompang admin shards`: who may send for a shard, and the repair of an epoch that nobody can reach."""

import asyncio
import json
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from gateway.admin.shards.model import ListedShard, Lock, ShardState, side_by_side
from gateway.admin.store import AdminStore
from gateway.cli.output import Form, Output, console, echo
from gateway.cli.prompt import confirmed
from services.runtime.discovery import Discovery
from services.runtime.errors import InvalidArgument, Violation
from services.runtime.settings import ConsulSettings, PostgresSettings

app = typer.Typer(
    no_args_is_help=True,
    help="Who may send for which shard, by Postgres and by Consul; needs KOMPANG_CONSUL_ADDRESS too.",
)

_STYLES = {ShardState.SERVED: "green", ShardState.AHEAD: "bold red", ShardState.MOVING: "yellow"}
_PREFIX = "shards/"


@app.command("list")
def list_(
    state: Annotated[ShardState | None, typer.Option(help="Only those.")] = None,
    output: Form = Output.TEXT,
) -> None:
    """List the shards: the lease's holder and epoch, the lock's holder and index, and whether they agree.

    `ahead` means that no host can get the lease, because Consul has not reached the epoch: repair it.
    """
    found = [each for each in asyncio.run(_listed()) if state in (None, each.state)]
    if output is Output.JSON:
        for each in found:
            typer.echo(json.dumps(_object(each)))
        return
    table = Table("shard", "host", "epoch", "lock index", "lock held by", "state", box=None, pad_edge=False)
    for each in found:
        lock = each.lock
        table.add_row(
            str(each.lease.shard),
            Text(each.lease.holder or "none"),
            str(each.lease.epoch),
            str(lock.index) if lock else "none",
            Text((lock.holder if lock else None) or "none"),
            Text(each.state, _STYLES.get(each.state, "")),
        )
    console().print(table)


@app.command("repair")
def repair(
    shards: Annotated[
        list[int] | None, typer.Argument(help="These shards; without any, all that are `ahead`.")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    output: Form = Output.TEXT,
) -> None:
    """Give shards an epoch that the next lock is newer than, and take the lease from whoever has it.

    Hosts lock and claim these shards anew, in seconds. Messages that are with a host become unknown, as if
    the host had died: they are repeated under their id where the network knows ids, asked about where it can
    be asked, else go by on_unknown.
    """
    listed = asyncio.run(_listed())
    chosen = _chosen(listed, shards)
    # Higher than any lock, lower than the next one.
    epoch = max((each.highest for each in listed), default=0) + 1
    handed = asyncio.run(_handed(chosen)) if chosen else 0
    said = f"{len(chosen)} shards get epoch {epoch}; {handed} messages with a host become unknown"
    if not chosen or dry_run:
        return _tell(output, said if chosen else "no shard is ahead; nothing to repair", chosen, epoch, 0)
    if not yes:
        echo(said, err=True)
        if not confirmed("Repair them?"):
            raise typer.Exit(1)
    count, unknown = asyncio.run(_repaired(chosen, epoch))
    return _tell(output, f"repaired {count} shards; {unknown} messages are unknown", chosen, epoch, unknown)


def _chosen(listed: list[ListedShard], shards: list[int] | None) -> list[int]:
    known = {each.lease.shard for each in listed}
    if unknown := sorted(set(shards or ()) - known):
        text = f"{unknown[0]} is none of the {len(known)} shards; see `kompang admin shards list`"
        raise InvalidArgument([Violation("SHARDS", text)])
    return sorted(set(shards or (each.lease.shard for each in listed if each.state is ShardState.AHEAD)))


async def _listed() -> list[ListedShard]:
    async with Discovery.of(ConsulSettings()) as discovery:
        _, locks = await discovery.locks(_PREFIX)
    found = {
        int(number): Lock(entry.modify_index, entry.value.split(" ")[0] if entry.session else None)
        for key, entry in locks.items()
        if (number := key.removeprefix(_PREFIX)).isdecimal()
    }
    async with AdminStore.opened(PostgresSettings()) as admin:
        return side_by_side(await admin.shards.leases(), found)


async def _handed(shards: list[int]) -> int:
    async with AdminStore.opened(PostgresSettings()) as admin:
        return await admin.shards.handed(shards)


async def _repaired(shards: list[int], epoch: int) -> tuple[int, int]:
    async with AdminStore.opened(PostgresSettings()) as admin:
        return await admin.shards.repair(shards, epoch)


def _tell(output: Output, text: str, shards: list[int], epoch: int, unknown: int) -> None:
    answer = {"shards": shards, "epoch": epoch, "unknown": unknown}
    typer.echo(json.dumps(answer) if output is Output.JSON else text)


def _object(each: ListedShard) -> dict[str, Any]:
    return {
        "shard": each.lease.shard,
        "host": each.lease.holder,
        "epoch": each.lease.epoch,
        "lockIndex": each.lock.index if each.lock else None,
        "lockHolder": each.lock.holder if each.lock else None,
        "state": each.state.value,
    }
