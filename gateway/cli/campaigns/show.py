"""Campaigns as a terminal shows them, and as JSON."""

from collections.abc import Sequence
from datetime import UTC

import typer
from google.protobuf import timestamp_pb2
from rich.table import Table
from rich.text import Text

from gateway.cli.output import Output, console, say
from kompang.v1 import campaigns_pb2 as pb
from kompang.v1.messages_pb2 import Message as ShownMessage

_LOADS = 10


def campaigns(found: Sequence[pb.Campaign], output: Output) -> None:
    """A table, or a JSON object a line."""
    if output is Output.JSON:
        for one in found:
            say(one)
        return
    table = Table("campaign", "state", "name", "audience", "start")
    for one in found:
        table.add_row(
            one.name, state(one), Text(one.display_name), Text(audience(one)), moment(one.start_time)
        )
    console().print(table)


def campaign(one: pb.Campaign, output: Output) -> None:
    """One line, or one JSON object."""
    if output is Output.JSON:
        say(one)
    else:
        typer.echo(line(one))


def forecast(name: str, told: pb.ForecastCampaignResponse, output: Output) -> None:
    """What a launch would do."""
    if output is Output.JSON:
        say(told)
        return
    typer.echo(f"{name}: {told.message_count:,} of {told.audience_count:,} leads")
    for one in told.exclusions:
        typer.echo(f"  {one.lead_count:,} left out: {reason(one)}")
    typer.echo(f"  {moment(told.start_time)} to {moment(told.end_time)}, {told.device_count} devices")
    table = Table("device", "messages", "until")
    for load in told.device_loads[:_LOADS]:
        table.add_row(load.device, f"{load.message_count:,}", moment(load.end_time))
    console().print(table)


def line(one: pb.Campaign) -> str:
    """A campaign with its counts, in one line."""
    progress = one.progress
    parts = [f"{one.name} {state(one)}"]
    if one.state == pb.Campaign.STATE_LAUNCHING:
        parts.append(f"{progress.launched_ratio:.0%} of the audience")
    parts += [f"{_word(count.state)} {count.message_count:,}" for count in progress.counts]
    if progress.send_rate:
        parts.append(f"{progress.send_rate:.1f}/s")
    if progress.HasField("estimated_end_time"):
        parts.append(f"until {moment(progress.estimated_end_time)}")
    return ", ".join(parts)


def state(one: pb.Campaign) -> str:
    """`running`."""
    return pb.Campaign.State.Name(one.state).removeprefix("STATE_").lower()


def audience(one: pb.Campaign) -> str:
    """In a few words."""
    if one.audience.WhichOneof("audience") == "leads":
        return f"{one.audience.leads.lead_count:,} named leads"
    return one.audience.filter or "everybody"


def reason(one: pb.Exclusion) -> str:
    """`no consent`."""
    return pb.Exclusion.Reason.Name(one.reason).removeprefix("REASON_").lower().replace("_", " ")


def moment(at: timestamp_pb2.Timestamp) -> str:
    """In the zone of this machine, with its offset; empty for none."""
    return at.ToDatetime(tzinfo=UTC).astimezone().isoformat(" ", "seconds") if at.seconds else ""


def _word(value: ShownMessage.State) -> str:
    return ShownMessage.State.Name(value).removeprefix("STATE_").lower()
