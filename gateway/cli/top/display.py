"""One moment of an account, as a terminal shows it. No number and no text of anybody is in it."""

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from kompang.v1 import campaigns_pb2, events_pb2
from kompang.v1 import overview_pb2 as pb
from kompang.v1.devices_pb2 import Device
from kompang.v1.messages_pb2 import Message

_BAR = 20
_OPEN = {Message.STATE_PENDING, Message.STATE_HANDED}
_ALARMING = {"held", "parked", "no host"}


def frame(overview: pb.Overview) -> RenderableType:
    """Everything, from top to bottom."""
    parts: list[RenderableType] = [_lines(overview)]
    if overview.campaigns:
        parts += [Text(), _campaigns(overview)]
    if overview.events:
        parts += [Text(), _events(overview)]
    return Group(*parts)


def _lines(overview: pb.Overview) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    table.add_row("time", f"{overview.measure_time.ToDatetime():%Y-%m-%d %H:%M:%S} UTC")
    if overview.HasField("hold_time"):
        since = f"{overview.hold_time.ToDatetime():%Y-%m-%d %H:%M:%S} UTC"
        table.add_row("held", Text(f"all sending, since {since}: the database was restored", "bold red"))
    table.add_row("devices", _devices(overview.devices))
    table.add_row("sends", _sends(overview))
    table.add_row("today", _today(overview))
    if overview.unknown_count:
        unknown = (
            f"{overview.unknown_count:,} messages need a decision: kompang messages list --state unknown"
        )
        table.add_row("unknown", Text(unknown, "yellow"))
    if overview.undelivering_device_count:
        poor = (
            f"most messages of {overview.undelivering_device_count:,} devices have not arrived:"
            f" {overview.undelivered_count:,} of {overview.accepted_count:,} in a day"
        )
        table.add_row("arrivals", Text(poor, "yellow"))
    if overview.unmatched_stop_count:
        stops = f"{overview.unmatched_stop_count:,} stop words lately came from nobody who is a lead"
        table.add_row("stops", Text(stops, "yellow"))
    if overview.doubted_count:
        doubted = f"{overview.doubted_count:,} replies were perhaps a stop: kompang leads list --doubted"
        table.add_row("perhaps", Text(doubted, "yellow"))
    return table


def _devices(counts: pb.DeviceCounts) -> Text:
    named = {
        "ready": counts.ready,
        "sending": counts.sending,
        "pacing": counts.pacing,
        "no host": counts.hostless,
        "held": counts.held,
        "parked": counts.parked,
    }
    parts = [
        (f"{count:,} {name}", "yellow" if name in _ALARMING and count else "")
        for name, count in named.items()
    ]
    return Text(", ").join(Text(*each) for each in parts) + Text(f" of {counts.total:,}", "dim")


def _sends(overview: pb.Overview) -> str:
    more = "+" if overview.due_more else ""
    return (
        f"{overview.send_rate:.1f}/s over the last minute, {overview.due_count:,}{more} due now,"
        f" {overview.planned_count:,} planned in campaigns"
    )


def _today(overview: pb.Overview) -> Text:
    counts = Text(
        ", ".join(f"{one.message_count:,} {_state(one.state)}" for one in overview.today) or "nothing"
    )
    return counts if overview.counted else counts + Text(" (still counting)", "dim")


def _campaigns(overview: pb.Overview) -> Table:
    table = Table(
        "campaign", "name", "state", "done", "", "rate", "until", box=None, header_style="dim", pad_edge=False
    )
    for one in overview.campaigns:
        table.add_row(*_campaign(one))
    left = overview.campaign_count - len(overview.campaigns)
    if left:
        table.add_row(Text(f"and {left:,} more", "dim"))
    return table


def _campaign(one: campaigns_pb2.Campaign) -> list[RenderableType]:
    progress = one.progress
    done = sum(count.message_count for count in progress.counts if count.state not in _OPEN)
    counts = ", ".join(f"{_state(count.state)} {count.message_count:,}" for count in progress.counts)
    is_launching = one.state == campaigns_pb2.Campaign.STATE_LAUNCHING
    share = progress.launched_ratio if is_launching else done / max(progress.message_count, 1)
    return [
        one.name,
        Text(one.display_name),
        campaigns_pb2.Campaign.State.Name(one.state).removeprefix("STATE_").lower(),
        ProgressBar(total=1.0, completed=share, width=_BAR),
        f"{share:.0%} {counts}",
        f"{progress.send_rate:.1f}/s" if progress.send_rate else "",
        _until(one),
    ]


def _until(one: campaigns_pb2.Campaign) -> str:
    if one.state == campaigns_pb2.Campaign.STATE_SCHEDULED:
        return f"begins {_minute(one.start_time)}"
    return _minute(one.progress.estimated_end_time) if one.progress.HasField("estimated_end_time") else ""


def _events(overview: pb.Overview) -> Table:
    table = Table("last", "what", "where", "why", box=None, header_style="dim", pad_edge=False)
    for event in overview.events:
        where = event.message or event.device if event.message_state else event.device or event.lead
        table.add_row(f"{event.event_time.ToDatetime():%H:%M:%S}", _what(event), where, Text(event.reason))
    return table


def _what(event: events_pb2.Event) -> str:
    if event.message_state:
        return f"message {_state(event.message_state)}"
    if event.device_state:
        return f"device {Device.State.Name(event.device_state).removeprefix('STATE_').lower()}"
    return events_pb2.Event.Type.Name(event.type).removeprefix("TYPE_").lower().replace("_", " ")


def _state(state: Message.State) -> str:
    return Message.State.Name(state).removeprefix("STATE_").lower()


def _minute(at: Timestamp) -> str:
    return f"{at.ToDatetime():%m-%d %H:%M}"
