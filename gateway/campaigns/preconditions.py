"""What the state of a campaign forbids, in words with the remedy."""

from gateway.campaigns.model import Stored
from gateway.campaigns.state import State, Step, after
from services.reasons import Reason
from services.runtime.errors import FailedPrecondition

_NEEDS = {
    Step.LAUNCH: "only a draft is launched; clone it to send it again",
    Step.SCHEDULE: "only a draft is launched; clone it to send it again",
    Step.PAUSE: "only what runs is paused; a launch that is still being written can be cancelled",
    Step.RESUME: "only what is paused is resumed",
    Step.CANCEL: "only what was launched and has not ended is cancelled; delete a draft",
    Step.RETRY: "only what runs, is paused or has finished can be retried",
}


def stepped(stored: Stored, step: Step) -> State:
    """The state the step leads to. Raises `FailedPrecondition` where it may not be taken."""
    state = after(stored.state, step)
    if state is None:
        raise FailedPrecondition(
            f"name: {stored.name} is {stored.state}; {_NEEDS[step]}",
            reason=Reason.CAMPAIGN_STATE,
            field="name",
            state=stored.state,
        )
    return state


def refuse_launched(stored: Stored, remedy: str, field: str = "name") -> None:
    """Raises `FailedPrecondition` for what is no draft any more."""
    if stored.state is not State.DRAFT:
        raise FailedPrecondition(
            f"{field}: {stored.name} is {stored.state} and no draft any more; {remedy}",
            reason=Reason.CAMPAIGN_STATE,
            field=field,
            state=stored.state,
        )


def refuse_empty(stored: Stored) -> None:
    """Raises `FailedPrecondition` for a launch without a text."""
    if not stored.text:
        raise FailedPrecondition(
            f"name: {stored.name} has no text; give it one with UpdateCampaign, then launch",
            reason=Reason.CAMPAIGN_EMPTY,
            field="name",
        )
