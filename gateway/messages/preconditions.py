"""Why a message cannot be settled as the operator decided, in words with the remedy."""

from gateway.messages.model import Stored, Verdict
from services.reasons import Reason
from services.runtime.errors import FailedPrecondition


def unresolved(name: str, message: Stored, verdict: Verdict) -> FailedPrecondition:
    """The refusal for a verdict other than RESOLVED; `message` as it is now."""
    if verdict is Verdict.SETTLED:
        return _settled(name, message.state)
    reason, why = _NOT_AGAIN[verdict]
    return FailedPrecondition(
        f"{name} cannot be sent again: {why}; resolve it as RESOLUTION_SENT or RESOLUTION_GIVE_UP",
        reason=reason,
        resource=name,
    )


_NOT_AGAIN = {
    Verdict.ANSWER: (Reason.STOP_CONFIRMATION, "an answer to a stop word goes at once or not at all"),
    Verdict.SUPPRESSED: (Reason.LEAD_SUPPRESSED, "its lead asked for no more messages"),
    Verdict.STOPPED: (Reason.MESSAGE_STOPPED, "its enrollment or campaign was stopped"),
    Verdict.OVERTAKEN: (
        Reason.LATER_STEP_HANDED,
        "a later step was handed already, and this one would arrive out of order",
    ),
}


def _settled(name: str, state: str) -> FailedPrecondition:
    if state == "handed":
        text = f"{name} is with a shard host now and its outcome will follow; wait, then read it again"
    else:
        text = f"{name} is {state} and not unknown: there is nothing to resolve; read it again"
    return FailedPrecondition(text, reason=Reason.MESSAGE_NOT_UNKNOWN, resource=name, state=state)
