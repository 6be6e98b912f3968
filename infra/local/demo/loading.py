"""Loads the sample through the public API: devices, sequences, leads, enrollment."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from google.protobuf.duration_pb2 import Duration

from gateway.client import Client
from infra.local import sample
from infra.local.demo import network_behavior
from infra.local.demo.lead_file import LeadFile
from infra.local.demo.lead_upload import LeadUpload, Uploaded
from infra.local.demo.plan import read_account, read_sequences
from infra.local.demo.settings import BadInput, DemoSettings
from infra.local.errors import LocalError
from infra.local.mesh import Mesh
from kompang.v1 import accounts_pb2, devices_pb2, sequences_pb2
from services.runtime.errors import KompangError

_BATCH = 1000
_ENROLL_S = 600.0
_FIRST_DEVICE = 60_110_000_000

Say = Callable[[str], None]


async def load(mesh: Mesh, key: str, settings: DemoSettings, file: LeadFile, say: Say) -> int:
    """Load devices, sequences and leads, and enroll them; how many leads the account has then.

    Raises:
        BadInput: no lead can be used, or none has a trigger that a sequence listens for.
        LocalError: the gateway refused a call, or a process of the mesh ended.

    """
    async with open_client(mesh, key) as client:
        return await _load(client, mesh.path, settings, file, say)


async def change_wording(mesh: Mesh, key: str) -> None:
    """Change the account's wording to the sample's second one. Raises LocalError."""
    async with open_client(mesh, key) as client:
        await _update_account(client, read_account(sample.SEQUENCES, "later"))


@asynccontextmanager
async def open_client(mesh: Mesh, key: str) -> AsyncIterator[Client]:
    """A client of the gateway with the account's key; raises LocalError for a refused call."""
    try:
        async with Client.opened(mesh.gateway_address, key, mesh.gateway_trust) as client:
            yield client
    except KompangError as error:
        mesh.check()
        raise LocalError(f"the gateway says {error.code.name}: {error}") from error


async def _load(client: Client, folder: Path, settings: DemoSettings, file: LeadFile, say: Say) -> int:
    await _create_devices(client, settings.devices, settings.traceable)
    await _update_account(client, read_account(sample.SEQUENCES))
    await _create_sequences(client, read_sequences(sample.SEQUENCES, settings.hour_s))
    upload = LeadUpload(client, folder, settings.csv.name, settings.country)
    uploaded = await upload.run(file, settings.leads)
    say(f"imported {uploaded.leads} leads of {settings.csv.name} on {settings.devices} devices")
    _say_refused(uploaded, say)
    if not uploaded.leads:
        raise BadInput(f"{settings.csv.name} has no lead that can be used")
    enrolled = await _run_enrollment(client)
    say(f"enrolled {enrolled} leads in COLD → WARM → HOT; an hour of a sequence takes {settings.hour_s:g} s")
    if not enrolled:
        raise BadInput(f"no lead of {settings.csv.name} has a trigger of the sample's sequences")
    return uploaded.leads


async def _create_devices(client: Client, count: int, traceable: float) -> None:
    for start in range(0, count, _BATCH):
        numbers = range(start + 1, min(count, start + _BATCH) + 1)
        devices = [_device(number, traceable) for number in numbers]
        request = devices_pb2.BatchCreateDevicesRequest(devices=devices)
        await client.call(client.devices.BatchCreateDevices, request)


async def _update_account(client: Client, account: accounts_pb2.Account) -> None:
    account.name = "accounts/-"
    await client.call(client.accounts.UpdateAccount, accounts_pb2.UpdateAccountRequest(account=account))


async def _create_sequences(client: Client, requests: Iterable[sequences_pb2.CreateSequenceRequest]) -> None:
    """Create and activate them, in the order given."""
    for request in requests:
        created = await client.call(client.sequences.CreateSequence, request)
        activation = sequences_pb2.ActivateSequenceRequest(name=created.name)
        await client.call(client.sequences.ActivateSequence, activation)


async def _run_enrollment(client: Client) -> int:
    request = sequences_pb2.RunEnrollmentRequest()
    response = await client.call(client.sequences.RunEnrollment, request, timeout_s=_ENROLL_S)
    return int(response.enrolled_count)


def _device(number: int, traceable: float) -> devices_pb2.Device:
    is_traceable = int(number * traceable) > int((number - 1) * traceable)
    return devices_pb2.Device(
        transport="TRANSPORT_SIMULATED_TRACEABLE" if is_traceable else "TRANSPORT_SIMULATED",
        phone=f"+{_FIRST_DEVICE + number}",
        display_name=f"Device {number}",
        min_delay=_duration(network_behavior.MIN_DELAY_S),
        max_delay=_duration(network_behavior.MAX_DELAY_S),
    )


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromMilliseconds(round(seconds * 1000))
    return duration


def _say_refused(uploaded: Uploaded, say: Say) -> None:
    if not uploaded.refused:
        return
    say(f"left out {uploaded.refused} rows:")
    for line, text in uploaded.examples:
        say(f"  line {line}: {text}")
    if uploaded.refused > len(uploaded.examples):
        say("  …")
