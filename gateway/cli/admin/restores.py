"""`kompang admin after-restore` and `release`: after the database was restored or failed over."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.admin.store import AdminStore
from gateway.cli.output import Form, Output, echo
from services.journal.reading import read
from services.journal.record import Record
from services.restore.replay import replay, undone
from services.restore.store import RestoreStore
from services.runtime.discovery import Discovery
from services.runtime.errors import FailedPrecondition
from services.runtime.settings import ConsulSettings, PostgresSettings

app = typer.Typer()

# The statements after a restore may take long.
_TIMEOUT_S = 3600.0
# As the default of KOMPANG_REPEATS: so many attempts end `on_unknown: resend`.
_REPEATS = 20

Journals = Annotated[
    list[Path] | None,
    typer.Option(
        "--journal",
        help="A folder of a journal (KOMPANG_JOURNAL_DIR of a process); once for each.",
        exists=True,
    ),
]


@asynccontextmanager
async def _store() -> AsyncIterator[RestoreStore]:
    settings = PostgresSettings().model_copy(update={"postgres_timeout_s": _TIMEOUT_S})
    async with AdminStore.opened(settings) as store:
        yield store.restores


async def _lock_epoch() -> int:
    settings = ConsulSettings()
    async with Discovery.of(settings) as discovery:
        return await discovery.lock_epoch()


@app.command("after-restore")
def after_restore(
    journal: Journals = None,
    *,
    nothing_lost: Annotated[
        bool,
        typer.Option(
            "--nothing-lost",
            help="The server changed, and no committed transaction is missing (a synchronous replica,"
            " pg_upgrade): send as before.",
        ),
    ] = False,
    output: Form = Output.TEXT,
) -> None:
    """Hold all sending after the database was restored, and settle what it has forgotten.

    What may have been sent since the restore point becomes unknown, and stop words come back from journals.
    Running processes notice most restores and do this by themselves, each with its own journal. Safe to
    repeat. Needs KOMPANG_CONSUL_ADDRESS, because hosts need new locks.
    """

    async def settle() -> dict[str, Any]:
        async with _store() as store:
            held = await store.held() or await store.declare()
            if nothing_lost:
                await store.trust()
                return {"held": False}
            if held.settled_at is None:
                await store.settle(await _lock_epoch())
            forgotten, again = {}, list[str]()
            journals = await asyncio.to_thread(read, journal or [])
            for kept in journals:
                forgotten[kept.name] = await replay(store, held, kept, undone(journals))
                again += [name for each in kept.words if (name := await _withheld(store, each)) is not None]
            return await _status(store) | {"replayed": forgotten, "eraseAgain": again}

    _print(asyncio.run(settle()), output)


@app.command("release")
def release(
    *,
    without_journal: Annotated[
        bool,
        typer.Option(
            "--without-journal",
            help="No journal reaches back to the restore point: every lead that was written to is withheld"
            " until somebody resumes it (kompang leads resume).",
        ),
    ] = False,
    days: Annotated[
        int,
        typer.Option(min=0, max=90, help="With --without-journal: written to so many days before, or since."),
    ] = 7,
    output: Form = Output.TEXT,
) -> None:
    """Let sending go on after a restore.

    Messages that may have been sent are sent again under their id where the network knows ids; all others go
    by on_unknown, or stay unknown until `kompang messages resolve`.
    """

    async def let_go() -> dict[str, Any]:
        async with _store() as store:
            held = await store.held()
            if held is None:
                raise FailedPrecondition("sending is not held by a restore; there is nothing to release")
            if held.settled_at is None:
                raise FailedPrecondition(
                    "the restored database is not settled yet; run `kompang admin after-restore`"
                )
            if not held.journals and not without_journal:
                raise FailedPrecondition(
                    "no journal that reaches back to the restore point was read, so stop words may be"
                    " missing; run `kompang admin after-restore --journal DIR`, or release with"
                    " --without-journal"
                )
            if held.incomplete and not without_journal:
                raise FailedPrecondition(
                    f"stop words may be missing: the journal of {', '.join(sorted(held.incomplete))} has lost"
                    " some (a full disk, a file that is damaged or cannot be read); read a whole copy with"
                    " `kompang admin after-restore --journal DIR`, or release with --without-journal"
                )
            withhold = timedelta(days=days) if without_journal else None
            again, unknown, withheld = await store.release(_REPEATS, withhold)
            return {"held": False, "sentAgain": again, "unknown": unknown, "withheldLeads": withheld}

    _print(asyncio.run(let_go()), output)


async def _withheld(store: RestoreStore, record: Record) -> str | None:
    """The name of a lead that was erased, and is back: nothing is sent to it until it is erased again."""
    if record.kind == "erase" and await store.withhold(record.account_id, record.lead_id):
        return f"leads/{record.lead_id}"
    return None


async def _status(store: RestoreStore) -> dict[str, Any]:
    held = await store.held()
    if held is None:
        return {"held": False}
    return {
        "held": True,
        "knownUntil": held.known_until.isoformat(),
        "noticed": held.noticed_at.isoformat(),
        "unknown": await store.doubts(),
        "journals": dict(held.journals),
        "incomplete": sorted(held.incomplete),
    }


_TEXTS = {
    "held": "sending is held",
    "knownUntil": "the database knows everything until",
    "noticed": "restored, noticed at",
    "unknown": "messages that may have been sent",
    "journals": "journals that reach back, and the words that the database had forgotten",
    "incomplete": "journals that have lost words",
    "replayed": "words given back now",
    "eraseAgain": "leads that were erased and are back; erase them again",
    "sentAgain": "messages that are sent again under their id",
    "withheldLeads": "leads withheld until somebody resumes them",
}


def _print(result: dict[str, Any], output: Output) -> None:
    if output is Output.JSON:
        typer.echo(json.dumps(result))
        return
    for key, value in result.items():
        shown = {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else value
        if isinstance(value, dict):
            shown = ", ".join(f"{name} {count}" for name, count in value.items()) or "none"
        if isinstance(value, list):
            shown = ", ".join(value) or "none"
        echo(f"{_TEXTS[key]}: {shown}")
    if result["held"]:
        echo('Next: read docs/reliability.md, "After a restore"; then `kompang admin release`.')
