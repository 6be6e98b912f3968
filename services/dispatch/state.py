"""The states of a message, and the only steps between them.

    pending ──► handed ──► sent ──► delivered ──► read
       │ ▲         │ │       ▲
       │ └─────────┘ │       │  it did not go: back to pending
       │             ├──► unknown ──► handed   repeated under the same id on the wire
       │             │       └──► pending, sent, failed   by `on_unknown` or ResolveMessage
       │             └──► failed, suppressed, cancelled, expired
       ├──► cancelled, suppressed, expired, failed
       └──► unknown   resolved as to be sent again, but a later step of its lead has gone

    failed ──► pending   RetryFailed of its campaign: a failure that may pass, under the same id

    unknown, pending, failed, cancelled, suppressed, expired ──► sent   a late answer of the network

Dispatch records a late answer for every message that was ever handed, also against an earlier decision: the
decision was a guess, the answer is a fact. Nothing leads from `sent` back to where it could be handed.

Every step is one conditional UPDATE in the `queries.sql` of a subject; the names are those of
`services/message/state.py`.
"""

from services.message.state import MessageState

_S = MessageState

STEPS: dict[MessageState, frozenset[MessageState]] = {
    _S.PENDING: frozenset(
        {_S.HANDED, _S.CANCELLED, _S.SUPPRESSED, _S.EXPIRED, _S.FAILED, _S.UNKNOWN, _S.SENT}
    ),
    _S.HANDED: frozenset(
        {_S.PENDING, _S.HANDED, _S.SENT, _S.FAILED, _S.UNKNOWN, _S.SUPPRESSED, _S.CANCELLED, _S.EXPIRED}
    ),
    _S.UNKNOWN: frozenset({_S.HANDED, _S.PENDING, _S.SENT, _S.FAILED}),
    _S.SENT: frozenset({_S.DELIVERED, _S.READ}),
    _S.DELIVERED: frozenset({_S.READ}),
    _S.READ: frozenset(),
    _S.FAILED: frozenset({_S.SENT, _S.PENDING}),
    _S.CANCELLED: frozenset({_S.SENT}),
    _S.SUPPRESSED: frozenset({_S.SENT}),
    _S.EXPIRED: frozenset({_S.SENT}),
}


def allowed(old: MessageState, new: MessageState) -> bool:
    """Whether a message may step from one state to the other."""
    return new in STEPS[old]
