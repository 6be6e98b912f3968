"""Loads the sample through the public API: devices, sequences, leads, enrollment."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import grpc

from infra.local import sample
from infra.local.demo import network_behavior
from infra.local.demo.api import Api, Imported
from infra.local.demo.leads import Row
from infra.local.demo.plan import read_account, read_sequences
from infra.local.demo.settings import BadInput, DemoSettings
from infra.local.errors import LocalError
from infra.local.mesh import Mesh

_SHOWN = 5

Say = Callable[[str], None]


async def load(mesh: Mesh, key: str, settings: DemoSettings, rows: Sequence[Row], say: Say) -> int:
    """Load devices, sequences and leads, and enroll them; how many leads the account has then.

    Raises:
        BadInput: no lead can be used, or none has a trigger that a sequence listens for.
        LocalError: the gateway refused a call, or a process of the mesh ended.

    """
    async with gateway(mesh, key) as api:
        return await _load(api, settings, rows, say)


async def change_wording(mesh: Mesh, key: str) -> None:
    """Change the account's wording to the sample's second one. Raises LocalError."""
    async with gateway(mesh, key) as api:
        await api.speak(read_account(sample.SEQUENCES, "later"))


@asynccontextmanager
async def gateway(mesh: Mesh, key: str) -> AsyncIterator[Api]:
    """A client of the gateway with the account's key; raises LocalError for a refused call."""
    try:
        async with Api.opened(mesh.gateway_address, key) as api:
            yield api
    except grpc.aio.AioRpcError as error:
        mesh.check()
        raise LocalError(f"the gateway says {error.code().name}: {error.details()}") from error


async def _load(api: Api, settings: DemoSettings, rows: Sequence[Row], say: Say) -> int:
    await api.create_devices(settings.devices, network_behavior.MIN_DELAY_S, network_behavior.MAX_DELAY_S)
    await api.speak(read_account(sample.SEQUENCES))
    await api.create_sequences(read_sequences(sample.SEQUENCES, settings.hour_s))
    imported = await api.import_leads(rows, settings.csv.name)
    say(f"imported {imported.leads} leads of {settings.csv.name} on {settings.devices} devices")
    _say_refused(imported, say)
    if not imported.leads:
        raise BadInput(f"{settings.csv.name} has no lead that can be used")
    enrolled = await api.run_enrollment()
    say(f"enrolled {enrolled} leads in COLD → WARM → HOT; an hour of a sequence takes {settings.hour_s:g} s")
    if not enrolled:
        raise BadInput(f"no lead of {settings.csv.name} has a trigger of the sample's sequences")
    return imported.leads


def _say_refused(imported: Imported, say: Say) -> None:
    if not imported.refused:
        return
    say(f"left out {len(imported.refused)} rows:")
    for line, text in imported.refused[:_SHOWN]:
        say(f"  line {line}: {text}")
    if len(imported.refused) > _SHOWN:
        say("  …")
