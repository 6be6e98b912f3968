"""The states of a campaign, and the only steps between them.

    draft ──launch──► launching ──written──► running ◄──resume── paused
      │                 ▲    │                │ ▲ └────pause───────▲
      │schedule         │    │            done│ │retry          retry│
      └──► scheduled ───┘    │                ▼ │
              │      start   │             finished
              │              │
              └──cancel──────┴─cancel─► cancelled ◄─cancel── running, paused

Who takes a step: `launch`, `schedule`, `pause`, `resume`, `cancel`, `retry` are RPCs of the gateway;
`start`, `written` (every message of the audience is there) and `done` (no message is open) are
enrollment's. Each is one conditional UPDATE, so of two at once one finds that it came too late.

`launching` sends nothing, so a campaign begins with all of its messages or, cancelled, with none.
`cancelled` counts at once, in the statement that hands; the message rows follow. `finished` is left again
by a retry only. A draft is deleted, not cancelled.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a campaign stands; the names are those of the column."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LAUNCHING = "launching"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What can happen to a campaign."""

    LAUNCH = "launch"
    SCHEDULE = "schedule"
    START = "start"
    WRITTEN = "written"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"
    DONE = "done"


_S = State

STEPS: dict[Step, dict[State, State]] = {
    Step.LAUNCH: {_S.DRAFT: _S.LAUNCHING},
    Step.SCHEDULE: {_S.DRAFT: _S.SCHEDULED},
    Step.START: {_S.SCHEDULED: _S.LAUNCHING},
    Step.WRITTEN: {_S.LAUNCHING: _S.RUNNING},
    Step.PAUSE: {_S.RUNNING: _S.PAUSED},
    Step.RESUME: {_S.PAUSED: _S.RUNNING},
    Step.CANCEL: dict.fromkeys((_S.SCHEDULED, _S.LAUNCHING, _S.RUNNING, _S.PAUSED), _S.CANCELLED),
    Step.RETRY: {_S.RUNNING: _S.RUNNING, _S.PAUSED: _S.PAUSED, _S.FINISHED: _S.RUNNING},
    Step.DONE: {_S.RUNNING: _S.FINISHED},
}

# A caller may repeat these steps, for instance after a lost answer: they change nothing and are no error.
_REPEATED = {Step.PAUSE: _S.PAUSED, Step.RESUME: _S.RUNNING, Step.CANCEL: _S.CANCELLED}


def after(state: State, step: Step) -> State | None:
    """The state that the step leads to; None where it may not be taken."""
    if _REPEATED.get(step) is state:
        return state
    return STEPS[step].get(state)
