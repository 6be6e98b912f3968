"""Why a message cannot be settled as the operator decided, in words with the remedy."""

from typing import assert_never

from gateway.messages.model import Stored, Verdict
from services.message.state import MessageState
from services.reasons import Reason
from services.runtime.errors import FailedPrecondition


def unresolved(name: str, message: Stored, verdict: Verdict) -> FailedPrecondition:
    """The refusal for a verdict other than RESOLVED; `message` as it is now."""
    match verdict:
        case Verdict.RESOLVED:
            raise ValueError(verdict)
        case Verdict.SETTLED:
            return _settled(name, message.state)
        case Verdict.CONFIRMATION:
            return _not_again(
                name, Reason.STOP_CONFIRMATION, "the confirmation of a stop word goes at once or not at all"
            )
        case Verdict.SUPPRESSED:
            return _not_again(name, Reason.LEAD_SUPPRESSED, "its lead asked for no more messages")
        case Verdict.STOPPED:
            return _not_again(name, Reason.MESSAGE_STOPPED, "its enrollment or campaign was stopped")
        case Verdict.OVERTAKEN:
            why = "a later step was handed already, and this message would arrive out of order"
            return _not_again(name, Reason.LATER_STEP_HANDED, why)
    assert_never(verdict)


def _not_again(name: str, reason: Reason, why: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"{name} cannot be sent again: {why}; resolve it as RESOLUTION_SENT or RESOLUTION_GIVE_UP",
        reason=reason,
        resource=name,
    )


def _settled(name: str, state: str) -> FailedPrecondition:
    if state == MessageState.HANDED:
        text = f"{name} is with a shard host now and its outcome will follow; wait, then read it again"
    else:
        text = f"{name} is {state} and not unknown: there is nothing to resolve; read it again"
    return FailedPrecondition(text, reason=Reason.MESSAGE_NOT_UNKNOWN, resource=name, state=state)
