"""Devices on a terminal."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from gateway.cli.durations import format_duration
from gateway.cli.output import console, echo, moment
from kompang.v1 import devices_pb2 as pb

_STYLES = {pb.Device.STATE_ACTIVE: "green", pb.Device.STATE_HELD: "yellow", pb.Device.STATE_PARKED: "red"}
# The gateway counts no further.
_MOST_COUNTED = 1000


def show_devices(devices: Sequence[pb.Device]) -> None:
    """A line each."""
    table = Table(
        "device", "number", "name", "state", "shard", "host", "today", "last sent (UTC)", "pending",
        box=None, header_style="dim", pad_edge=False,
    )  # fmt: skip
    for each in devices:
        table.add_row(
            each.name, each.phone, Text(each.display_name), state(each), str(each.shard), each.host or "-",
            _today(each), _last(each) or "-", _pending(each),
        )  # fmt: skip
    console().print(table)


def show_device(device: pb.Device) -> None:
    """Prints the state of a device and its limits."""
    rows = {
        "number": device.phone,
        "name": device.display_name,
        "state": state(device).plain,
        "why": device.state_detail,
        "link": _link(device),
        "proxy": "set; never shown" if device.has_proxy else "",
        "shard": f"{device.shard}, run by {device.host}"
        if device.host
        else f"{device.shard}, run by no host now",
        "delay": _delay(device),
        "daily cap": f"{device.daily_cap:,}" if device.daily_cap else "none",
        "warm-up": _warm_up(device),
        "new chats": _first_contacts(device),
        "today": _today(device),
        "last sent": _last(device) and f"{_last(device)} UTC",
        "pending": _pending(device),
        "arrived": _arrived(device),
    }
    echo(device.name)
    for title, text in rows.items():
        if text:
            echo(f"  {title:<10} {text}")


def state(device: pb.Device) -> Text:
    """`held: temporary_ban until 2026-01-02 03:04:05 UTC`."""
    text = pb.Device.State.Name(device.state).removeprefix("STATE_").lower()
    if device.state_reason:
        text += f": {device.state_reason}"
    if device.HasField("hold_end_time"):
        text += f" until {moment(device.hold_end_time)} UTC"
    return Text(text, _STYLES.get(device.state, ""))


def _link(device: pb.Device) -> str:
    """`connected, neonize as 60123456789:7@s.whatsapp.net, shown as Shop`."""
    link = pb.Device.LinkState.Name(device.link_state).removeprefix("LINK_STATE_").lower()
    transport = pb.Device.Transport.Name(device.transport).removeprefix("TRANSPORT_").lower()
    jid = f" as {device.jid}" if device.jid else ""
    return f"{link}, {transport}{jid}{f', shown as {device.label}' if device.label else ''}"


def _delay(device: pb.Device) -> str:
    least, most = device.min_delay.ToTimedelta(), device.max_delay.ToTimedelta()
    return f"{format_duration(least)} to {format_duration(most)}"


def _today(device: pb.Device) -> str:
    cap = f" of {device.cap_today:,}" if device.cap_today else ""
    return f"{device.sent_today_count:,}{cap}"


def _last(device: pb.Device) -> str:
    return moment(device.last_send_time, known=device.HasField("last_send_time"))


def _pending(device: pb.Device) -> str:
    return f"{device.pending_count:,}{'+' if device.pending_count >= _MOST_COUNTED else ''}"


def _arrived(device: pb.Device) -> str:
    arrived = device.accepted_count - device.undelivered_count
    return f"{arrived:,} of the last day's {device.accepted_count:,}" if device.accepted_count else ""


def _first_contacts(device: pb.Device) -> str:
    cap = f" of {device.first_contact_cap_today:,}" if device.first_contact_cap_today else ""
    held = ""
    if device.HasField("first_contact_hold_end_time"):
        held = f"; held by the network until {moment(device.first_contact_hold_end_time)} UTC"
    return f"{device.first_contact_today_count:,}{cap} today{held}"


def _warm_up(device: pb.Device) -> str:
    if not device.HasField("warm_up"):
        return "none"
    return f"{device.warm_up.first_day_count:,} on the first day, times {device.warm_up.daily_growth:g} a day"
