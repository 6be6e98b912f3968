"""Messages and their guards on a terminal. Times are UTC, as in every log."""

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kompang.v1 import explain_pb2
from kompang.v1 import messages_pb2 as pb

_MARKS = {
    explain_pb2.Guard.VERDICT_PASSES: ("passes", "green"),
    explain_pb2.Guard.VERDICT_BLOCKS: ("blocks", "red"),
    explain_pb2.Guard.VERDICT_UNKNOWN: ("unknown", "yellow"),
}


def show_explanation(explanation: explain_pb2.MessageExplanation) -> None:
    """The sentence first, then guard by guard."""
    console = Console(highlight=False)
    console.print(Text(f"{explanation.message} {explanation.summary}", "bold"), soft_wrap=True)
    if explanation.HasField("pass_time"):
        console.print(f"every guard passes at {_told(explanation.pass_time)}")
    table = Table("guard", "verdict", "passes at", "why", box=None, header_style="dim", pad_edge=False)
    for guard in explanation.guards:
        name = explain_pb2.Guard.Type.Name(guard.type).removeprefix("TYPE_").lower().replace("_", " ")
        until = _told(guard.pass_time) if guard.HasField("pass_time") else ""
        table.add_row(name, Text(*_MARKS[guard.verdict]), until, Text(guard.detail))
    console.print(table)


def show_messages(response: pb.ListMessagesResponse) -> None:
    """A line a message."""
    console = Console(highlight=False)
    table = Table("message", "state", "due", "sent", "lead", "device", "of", "why", box=None, pad_edge=False)
    for each in response.messages:
        sent = _told(each.send_time) if each.HasField("send_time") else ""
        table.add_row(
            each.name, _state(each), _told(each.schedule_time), sent, each.lead, each.device,
            _of(each), Text(each.reason),
        )  # fmt: skip
    console.print(table)
    if response.next_page_token:
        console.print("there are more; raise --limit", style="dim")


def show_message(message: pb.Message) -> None:
    """What it is now."""
    why = f" ({message.reason})" if message.reason else ""
    Console(highlight=False).print(Text(f"{message.name} is {_state(message)}{why}"), soft_wrap=True)


def _of(message: pb.Message) -> str:
    if message.kind == pb.Message.KIND_STOP_CONFIRMATION:
        return "answer to STOP"
    return f"{message.sequence} {message.position}" if message.sequence else message.campaign


def _state(message: pb.Message) -> str:
    return pb.Message.State.Name(message.state).removeprefix("STATE_").lower()


def _told(at: Timestamp) -> str:
    return f"{at.ToDatetime():%Y-%m-%d %H:%M:%S}"
