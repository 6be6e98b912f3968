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
    any but delivered, read ──► delivered, read   a receipt: what arrived was sent, whoever knew of it

Dispatch records a late answer, and a receipt, for every message that was ever handed, also against an earlier
decision: the decision was a guess, the answer is a fact. Nothing leads from `sent` back to where it could be
handed, nor from `read` to `delivered`. A message may be read without having been delivered before.

Every step is one conditional UPDATE in the `queries.sql` of a subject; the names are those of
`services/message/state.py`.
"""

from services.message.state import MessageState

_S = MessageState
# What the network says, and never takes back.
_FACTS = frozenset({_S.SENT, _S.DELIVERED, _S.READ})

STEPS: dict[MessageState, frozenset[MessageState]] = {
    _S.PENDING: frozenset(
        {_S.HANDED, _S.CANCELLED, _S.SUPPRESSED, _S.EXPIRED, _S.FAILED, _S.UNKNOWN, *_FACTS}
    ),
    _S.HANDED: frozenset(
        {_S.PENDING, _S.HANDED, _S.FAILED, _S.UNKNOWN, _S.SUPPRESSED, _S.CANCELLED, _S.EXPIRED, *_FACTS}
    ),
    _S.UNKNOWN: frozenset({_S.HANDED, _S.PENDING, _S.FAILED, *_FACTS}),
    _S.SENT: frozenset({_S.DELIVERED, _S.READ}),
    _S.DELIVERED: frozenset({_S.READ}),
    _S.READ: frozenset(),
    _S.FAILED: frozenset({_S.PENDING, *_FACTS}),
    _S.CANCELLED: _FACTS,
    _S.SUPPRESSED: _FACTS,
    _S.EXPIRED: _FACTS,
}


def allowed(old: MessageState, new: MessageState) -> bool:
    """Whether a message may step from one state to the other."""
    return new in STEPS[old]
