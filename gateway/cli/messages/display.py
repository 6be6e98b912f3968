"""Messages on a terminal. Times are UTC, as in every log."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from gateway.cli.guards import show_guards
from gateway.cli.output import console, moment
from kompang.v1 import explain_pb2
from kompang.v1 import messages_pb2 as pb


def show_explanation(explanation: explain_pb2.MessageExplanation) -> None:
    """The sentence first, then guard by guard."""
    wide = console()
    wide.print(Text(f"{explanation.message} {explanation.summary}", "bold"), soft_wrap=True)
    if explanation.HasField("pass_time"):
        wide.print(f"every guard passes at {moment(explanation.pass_time)} UTC")
    show_guards(explanation.guards)


def show_messages(messages: Sequence[pb.Message], *, is_cut: bool) -> None:
    """A line a message; `is_cut`: there may be more."""
    table = Table(
        "message", "state", "due (UTC)", "sent (UTC)", "lead", "device", "of", "why",
        box=None, pad_edge=False,
    )  # fmt: skip
    for each in messages:
        table.add_row(
            each.name,
            _state(each),
            moment(each.schedule_time),
            moment(each.send_time, known=each.HasField("send_time")),
            each.lead,
            each.device,
            _of(each),
            Text(each.reason),
        )
    console().print(table)
    if is_cut:
        console().print("there may be more; raise --limit", style="dim")


def show_message(message: pb.Message) -> None:
    """Prints the state of the message."""
    why = f" ({message.reason})" if message.reason else ""
    console().print(Text(f"{message.name} is {_state(message)}{why}"), soft_wrap=True)


def show_text(rendered: pb.RenderMessageResponse) -> None:
    """Prints the text, and below it whether this text was sent."""
    console().print(Text(rendered.text), soft_wrap=True)
    console().print(Text(f"({_EXACTNESS[rendered.exactness]})", "dim"), soft_wrap=True)


_EXACTNESS = {
    pb.RenderMessageResponse.EXACTNESS_EXACT: "this text was sent, byte for byte",
    pb.RenderMessageResponse.EXACTNESS_DIFFERS: "the sent text was different: lead or account changed since",
    pb.RenderMessageResponse.EXACTNESS_NOT_SENT: "not sent, or not yet; this text would be sent",
    pb.RenderMessageResponse.EXACTNESS_UNPROVEN: "this text may have been sent; no hash of it was kept",
}


def _of(message: pb.Message) -> str:
    if message.kind == pb.Message.KIND_STOP_CONFIRMATION:
        return "answer to STOP"
    return f"{message.sequence} {message.position}" if message.sequence else message.campaign


def _state(message: pb.Message) -> str:
    return pb.Message.State.Name(message.state).removeprefix("STATE_").lower()
