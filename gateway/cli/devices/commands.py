"""`kompang devices`: needs KOMPANG_GATEWAY_ADDRESS and KOMPANG_API_KEY."""

from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from gateway.cli import calls
from gateway.cli.devices.display import show_device, show_devices
from gateway.cli.devices.options import (
    DailyCap,
    DeviceOptions,
    DisplayName,
    FirstContactCap,
    Label,
    MaxDelay,
    MinDelay,
    Name,
    Proxy,
    State,
    Transport,
    WarmUp,
)
from gateway.cli.output import Form, Output, show, show_all
from gateway.client import Client
from kompang.v1 import devices_pb2 as pb

app = typer.Typer(no_args_is_help=True, help="The linked numbers and their states.")


@app.command("list")
def list_(
    state: Annotated[list[State] | None, typer.Option(help="Only in this state; repeat for more.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The most to list.")] = 1000,
    output: Form = Output.TEXT,
) -> None:
    """List devices, oldest first: state, host, sent today and the cap, last send, pending messages."""
    request = pb.ListDevicesRequest(states=[f"STATE_{each.upper()}" for each in state or ()])

    async def listed(client: Client) -> list[pb.Device]:
        pages = client.pages(client.devices.ListDevices, request, "devices", limit)
        return [each async for each in pages]

    show_all(calls.run(listed), output, show_devices)


@app.command("get")
def get(name: Name, output: Form = Output.TEXT) -> None:
    """Show a device."""
    show(calls.read("devices", "GetDevice", pb.GetDeviceRequest(name=name)), output, show_device)


@app.command("create")
def create(
    phones: Annotated[
        list[str], typer.Argument(metavar="NUMBER...", help="Such as +60123456789; up to 1,000.")
    ],
    display_name: DisplayName = None,
    min_delay: MinDelay = None,
    max_delay: MaxDelay = None,
    daily_cap: DailyCap = None,
    warm_up: WarmUp = None,
    first_contact_cap: FirstContactCap = None,
    label: Label = None,
    proxy: Proxy = None,
    transport: Annotated[
        Transport | None, typer.Option(help="The network they send through; it never changes.")
    ] = None,
    output: Form = Output.TEXT,
) -> None:
    """Create devices for these numbers, all or none."""
    given = DeviceOptions(
        display_name, min_delay, max_delay, daily_cap, warm_up, first_contact_cap, label, proxy
    )
    request = pb.BatchCreateDevicesRequest(devices=[given.device(phone=phone) for phone in phones])
    if transport is not None:
        network = pb.Device(transport=f"TRANSPORT_{transport.upper()}")
        for device in request.devices:
            device.MergeFrom(network)
    made = calls.change("devices", "BatchCreateDevices", request)
    show_all(made.devices, output, show_devices)


@app.command("update")
def update(
    name: Name,
    display_name: DisplayName = None,
    min_delay: MinDelay = None,
    max_delay: MaxDelay = None,
    daily_cap: DailyCap = None,
    warm_up: WarmUp = None,
    first_contact_cap: FirstContactCap = None,
    label: Label = None,
    proxy: Proxy = None,
    output: Form = Output.TEXT,
) -> None:
    """Change the settings whose options are given, from the next message on; no other setting changes."""
    given = DeviceOptions(
        display_name, min_delay, max_delay, daily_cap, warm_up, first_contact_cap, label, proxy
    )
    if not given.fields:
        raise typer.BadParameter("say what to change, e.g. --daily-cap 100", param_hint="options")
    mask = FieldMask(paths=given.fields)
    request = pb.UpdateDeviceRequest(device=given.device(name=name), update_mask=mask)
    show(calls.change("devices", "UpdateDevice", request), output, show_device)


@app.command("release")
def release(
    name: Name,
    *,
    first_contacts: Annotated[
        bool, typer.Option("--first-contacts", help="Let it begin new chats again, and nothing else.")
    ] = False,
    output: Form = Output.TEXT,
) -> None:
    """Let a parked device send again, after its number was linked again or its ban lifted.

    One that is still logged out or banned is parked again as soon as it tries. A hold ends by itself.
    """
    request = pb.ReleaseDeviceRequest(name=name, first_contacts=first_contacts)
    show(calls.change("devices", "ReleaseDevice", request), output, show_device)


@app.command("unlink")
def unlink(name: Name, output: Form = Output.TEXT) -> None:
    """Give up a device's number, so that another account of this installation may link it.

    The device is parked and its messages wait; `release` takes the number back while nobody else has it.
    """
    request = pb.UnlinkDeviceRequest(name=name)
    show(calls.change("devices", "UnlinkDevice", request), output, show_device)
