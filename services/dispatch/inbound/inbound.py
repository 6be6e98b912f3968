"""Records what people wrote to devices, at once, and says so to the host that heard it.

A text is acknowledged once what follows from it is committed; until then its host keeps it, and the network
behind the host. Nothing gathers here: a stop word counts from the moment it is recorded, and while one
batch is written the next one comes together by itself. What waits is bounded by what hosts keep.

No text and no number leaves this module but as an argument of the statement.
"""

import asyncio
import logging
from dataclasses import dataclass, field

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.consent.words import folded, meaning
from services.dispatch.attachment import Attachment
from services.dispatch.inbound.store import InboundStore, InboundText
from services.runtime.errors import Aborted, ResourceExhausted, Unavailable
from services.runtime.lifecycle import backoff

log = logging.getLogger(__name__)

_MOST_IN_A_BATCH = 500
# A stop word does not wait long for a database that is back.
_LONGEST_PAUSE_S = 0.5


@dataclass(slots=True)
class _Frame:
    """A frame of texts: acknowledged when the last of them is recorded."""

    attachment: Attachment
    frame_id: int
    open: int = field(default=0)

    def settle(self) -> None:
        self.open -= 1
        if not self.open:
            self.attachment.send(inbound_ack=pb.InboundAck(frame_id=self.frame_id))


@dataclass(slots=True)
class _Told:
    text: InboundText
    frames: list[_Frame]


class InboundTexts:
    """The queue of what was heard and the loop that records it."""

    def __init__(self, store: InboundStore) -> None:
        self._store = store
        self._told: dict[tuple[int, str], _Told] = {}
        self._arrived = asyncio.Event()
        self._is_closed = False

    def tell(self, attachment: Attachment, frame: pb.InboundFrame) -> None:
        """Takes in a frame from a host."""
        group = _Frame(attachment, frame.frame_id, 1)
        for inbound in frame.inbound:
            group.open += 1
            told = self._told.setdefault((inbound.device_id, inbound.inbound_id), _Told(_said(inbound), []))
            told.frames.append(group)
        group.settle()
        self._arrived.set()

    def close(self) -> None:
        """No more will be told: `run` ends when all is recorded."""
        self._is_closed = True
        self._arrived.set()

    async def run(self) -> None:
        """Records batches until closed, and then whatever is left."""
        failures = 0
        while self._told or not self._is_closed:
            await self._arrived.wait()
            try:
                await self.run_once()
                failures = 0
            except (Unavailable, Aborted, ResourceExhausted) as error:
                failures += 1
                log.warning("replies wait", extra={"reason": error.reason, "waiting": len(self._told)})
                self._arrived.set()
                await asyncio.sleep(min(backoff(failures), _LONGEST_PAUSE_S))

    async def run_once(self) -> int:
        """Records one batch; how many texts. Raises as the store does."""
        self._arrived.clear()
        batch = self._batch()
        if not batch:
            return 0
        kinds = await self._store.record_inbound([told.text for told in batch])
        log.info("replies recorded", extra={"kinds": kinds})
        for told in batch:
            del self._told[told.text.device_id, told.text.inbound_id]
            for frame in told.frames:
                frame.settle()
        if self._told:
            self._arrived.set()
        return len(batch)

    def _batch(self) -> list[_Told]:
        """The oldest text of each person: STOP and START of one must not meet in a statement."""
        senders: dict[str, _Told] = {}
        for told in self._told.values():
            senders.setdefault(told.text.sender, told)
            if len(senders) == _MOST_IN_A_BATCH:
                break
        return list(senders.values())


def _said(inbound: pb.Inbound) -> InboundText:
    said = folded(inbound.text)
    return InboundText(inbound.device_id, inbound.inbound_id, inbound.sender, said, meaning(said).value)
