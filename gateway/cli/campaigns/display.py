"""Campaigns as a terminal shows them, and as JSON. Times are UTC."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from gateway.cli.durations import format_duration
from gateway.cli.output import Output, console, echo, moment, print_json
from kompang.v1 import campaigns_pb2 as pb
from kompang.v1.messages_pb2 import Message as ShownMessage
from kompang.v1.messages_pb2 import OnUnknown
from kompang.v1.wording_pb2 import Variation

_LOADS = 10
_DAYS = 5


def campaigns(found: Sequence[pb.Campaign], output: Output) -> None:
    """A table, or a JSON object a line."""
    if output is Output.JSON:
        for one in found:
            print_json(one)
        return
    table = Table("campaign", "state", "name", "audience", "start (UTC)")
    for one in found:
        start = moment(one.start_time, known=one.HasField("start_time"))
        table.add_row(one.name, state(one), Text(one.display_name), Text(audience(one)), start)
    console().print(table)


def campaign(one: pb.Campaign, output: Output) -> None:
    """One line, or one JSON object."""
    if output is Output.JSON:
        print_json(one)
    else:
        echo(line(one))


def forecast(name: str, response: pb.ForecastCampaignResponse, output: Output) -> None:
    """What a launch would do."""
    if output is Output.JSON:
        print_json(response)
        return
    echo(f"{name}: {response.message_count:,} of {response.audience_count:,} leads")
    for one in response.exclusions:
        echo(f"  {one.lead_count:,} left out: {reason(one)}")
    for wait in response.deferrals:
        until = f", until {moment(wait.until_time)} UTC" if wait.HasField("until_time") else ""
        echo(f"  {wait.message_count:,} wait: {deferral(wait)}{until}")
    echo(
        f"  {moment(response.start_time)} to {moment(response.end_time)} UTC, {response.device_count} devices"
    )
    for day in response.quiet_days[:_DAYS]:
        whose = day.holiday_region or "own day"
        echo(f"  nobody is written to on {day.date}: {day.display_name or '-'} ({whose})")
    if len(response.quiet_days) > _DAYS:
        echo(f"  nor on {len(response.quiet_days) - _DAYS:,} later days; `kompang account days` shows all")
    table = Table("device", "messages", "others before", "until (UTC)")
    for load in response.device_loads[:_LOADS]:
        counts = (f"{load.message_count:,}", f"{load.other_message_count:,}")
        table.add_row(load.device, *counts, moment(load.end_time))
    console().print(table)
    if response.device_count > _LOADS:
        echo("these take longest; --output json has more of them")


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
        parts.append(f"until {moment(progress.estimated_end_time)} UTC")
    return ", ".join(parts)


def details(one: pb.Campaign) -> None:
    """All of it, its text as the author wrote it."""
    echo(line(one))
    variation = Variation.Name(one.variation).removeprefix("VARIATION_").lower()
    rows = {
        "name": one.display_name,
        "audience": audience(one),
        "delay": _delay(one),
        "variation": variation if one.variation else "as the account's wording says",
        "on unknown": OnUnknown.Name(one.on_unknown).removeprefix("ON_UNKNOWN_").lower(),
        "on late": _late(one),
        "start": f"{moment(one.start_time)} UTC" if one.HasField("start_time") else "",
    }
    for title, text in rows.items():
        if text:
            echo(f"  {title:<10} {text}")
    echo("  text")
    for row in one.text.split("\n"):
        echo(f"    {row}")


def state(one: pb.Campaign) -> str:
    """`running`."""
    return pb.Campaign.State.Name(one.state).removeprefix("STATE_").lower()


def audience(one: pb.Campaign) -> str:
    """In a few words."""
    if one.audience.WhichOneof("audience") == "leads":
        return f"{one.audience.leads.lead_count:,} named leads"
    return one.audience.filter or "everybody"


def deferral(one: pb.Deferral) -> str:
    """`quiet hours`."""
    return pb.Deferral.Reason.Name(one.reason).removeprefix("REASON_").lower().replace("_", " ")


def reason(one: pb.Exclusion) -> str:
    """`no consent`."""
    return pb.Exclusion.Reason.Name(one.reason).removeprefix("REASON_").lower().replace("_", " ")


def _delay(one: pb.Campaign) -> str:
    if not (one.HasField("min_delay") or one.HasField("max_delay")):
        return "that of each device"
    least, most = format_duration(one.min_delay.ToTimedelta()), format_duration(one.max_delay.ToTimedelta())
    return f"{least} to {most}, or the device's own where that is longer"


def _late(one: pb.Campaign) -> str:
    word = pb.Campaign.OnLate.Name(one.on_late).removeprefix("ON_LATE_").lower()
    late = format_duration(one.late_tolerance.ToTimedelta())
    return f"{word} what is more than {late} late" if one.on_late == pb.Campaign.ON_LATE_DROP else word


def _word(value: ShownMessage.State) -> str:
    return ShownMessage.State.Name(value).removeprefix("STATE_").lower()
