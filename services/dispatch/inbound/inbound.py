"""Records what people wrote to devices, at once, and acknowledges it to the host that heard it.

A text is acknowledged once what follows from it is committed; until then its host keeps it, and the network
behind the host. Nothing gathers here: a stop word counts from the moment it is recorded, and while one
batch is written the next one comes together by itself. What waits is bounded by what hosts keep.

On failure. A text that cannot be recorded goes into the table `quarantine`, with the words that it may be a
stop word by, and a person that said stop is suppressed all the same.

No text and no number leaves this module but as an argument of the statement.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.inbound.reading import is_attributable, read
from services.dispatch.inbound.store import InboundStore, InboundText
from services.runtime.buffer import Limits, ReceiveBuffer
from services.runtime.containment import contained, report

log = logging.getLogger(__name__)

_MOST = 100_000
_BATCH = 500
# A stop word does not wait long for a database that is back.
_LONGEST_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A text, and whether it can be recorded."""

    text: InboundText
    is_attributable: bool


class InboundTexts:
    """The texts that wait to be recorded, and the loop that records them."""

    def __init__(self, store: InboundStore) -> None:
        self._store = store
        self._buffer: ReceiveBuffer[tuple[int, str], Heard] = ReceiveBuffer(
            "dispatch.inbound",
            self._write,
            _ids,
            Limits(_MOST, _BATCH, longest_pause_s=_LONGEST_PAUSE_S),
            # STOP and START of one person must not meet in a statement.
            lane=lambda heard: heard.text.sender,
            reject=self._reject,
        )

    def add(self, attachment: Attachment, frame: pb.InboundFrame) -> None:
        """Takes in a frame from a host. Raises `ResourceExhausted` when too much waits."""
        entries = []
        for inbound in frame.inbound:
            text = read(inbound)
            heard = Heard(text, is_attributable(text))
            if not heard.is_attributable:
                report("dispatch.inbound", ValueError("no such device or person"), **_ids(heard))
            entries.append(((inbound.device_id, text.inbound_id), heard))
        self._buffer.add(entries, lambda: attachment.send(inbound_ack=pb.InboundAck(frame_id=frame.frame_id)))

    def close(self) -> None:
        """No more is added: `run` ends when all is recorded."""
        self._buffer.close()

    async def run(self) -> None:
        """Records batches until closed, and then whatever is left."""
        await self._buffer.run()

    async def run_once(self) -> int:
        """Records one batch; how many texts. Raises what passes by itself."""
        return await self._buffer.run_once()

    async def _write(self, batch: Sequence[Heard]) -> None:
        lost = [heard.text for heard in batch if not heard.is_attributable]
        if lost:
            await self._store.quarantine(lost)
        texts = [heard.text for heard in batch if heard.is_attributable]
        if texts:
            log.info("replies recorded", extra={"kinds": await self._store.record_inbound(texts)})

    async def _reject(self, heard: Heard) -> None:
        """The database refuses the whole of what follows from this one; it may take the suppression alone."""
        # A stop word counts first, and also where the rest of its row cannot be kept.
        if heard.is_attributable:
            with contained("dispatch.inbound.stop", **_ids(heard)):
                await self._store.suppress([heard.text])
        await self._store.quarantine([heard.text])


def _ids(heard: Heard) -> Mapping[str, Any]:
    return {"device_id": heard.text.device_id, "inbound_id": heard.text.inbound_id}
