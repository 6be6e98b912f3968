"""The text of a message, rendered again, and how certain it is that this very text went.

- exact: the hash kept with the outcome is that of this text
- differs: it is another one, because something was edited since
- unproven: no hash is kept, but it may have gone
- not sent: it did not go, or not yet
"""

import hashlib

from gateway.messages.model import Written
from gateway.wording.step_text import seed
from kompang.v1 import messages_pb2 as pb
from services.message.reason import MessageReason
from services.message.state import MessageState

_HASH_BYTES = 8
_WENT = frozenset({MessageState.SENT, MessageState.DELIVERED, MessageState.READ})

_Response = pb.RenderMessageResponse


def rendered(written: Written) -> pb.RenderMessageResponse:
    """The text as the shard host rendered it, or will render it."""
    text = written.step.with_wording(written.wording, written.key).render(written.lead, seed(written.id))
    digest = hashlib.sha256(text.encode()).digest()[:_HASH_BYTES]
    return _Response(text=text, exactness=_exactness(written, digest), text_hash=digest.hex())


def _exactness(written: Written, digest: bytes) -> pb.RenderMessageResponse.Exactness:
    if not _may_have_gone(written):
        return _Response.EXACTNESS_NOT_SENT
    if not written.text_hash:
        return _Response.EXACTNESS_UNPROVEN
    is_same = written.text_hash[:_HASH_BYTES] == digest
    return _Response.EXACTNESS_EXACT if is_same else _Response.EXACTNESS_DIFFERS


def _may_have_gone(written: Written) -> bool:
    """A hand that certainly came to nothing is taken back, also when the message ends so."""
    if written.state == MessageState.FAILED:
        # Of what failed only this may have gone.
        return written.reason == MessageReason.GAVE_UP
    return written.is_handed or written.state in _WENT
