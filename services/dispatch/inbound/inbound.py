"""Records the texts that people write to devices, at once, and acknowledges them to the host.

A text is acknowledged once what follows from it is committed, and a stop word is in the journal; until then
its host keeps it, and the network behind the host. Nothing gathers here: a stop word counts from the moment
it is recorded, and while one batch is written the next one comes together by itself. What waits is bounded by
what hosts keep.

A text counts if its host holds or ever held the device's shard (`services.dispatch.leases.grants`): no lease
is needed, because a host that lost it a moment ago still passes on what people wrote. A text of any other
host changes nothing and goes into the table `quarantine`, where a person finds it.

On failure. A text that cannot be read is perhaps a stop: its person is left alone until somebody of the
account has decided. A text that cannot be recorded goes into the table `quarantine`, with the words that it
may be a stop word by, and a person who wrote a stop word is suppressed all the same.

No text and no number leaves this module but as an argument of the statement.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from opentelemetry import metrics

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.inbound.quota import DailyQuota
from services.dispatch.inbound.reading import is_attributable, read, unread
from services.dispatch.inbound.store import HeardWord, InboundStore, InboundText
from services.dispatch.inbound.writers import Writer, texts_of
from services.dispatch.leases.grants import Grants, Report
from services.journal.journal import Journal
from services.journal.record import Kind, Record
from services.runtime.buffer import Limits, ReceiveBuffer
from services.runtime.containment import contained, contained_all, report

log = logging.getLogger(__name__)

_quarantined = metrics.get_meter(__name__).create_counter(
    "kompang.quarantined",
    unit="{reply}",
    description="Replies that could not be recorded and wait for an operator, by what they mean.",
)

_unmatched = metrics.get_meter(__name__).create_counter(
    "kompang.unmatched_stops",
    unit="{reply}",
    description="Stop words of numbers that no lead has; they suppress, and an operator looks at them.",
)

# A host keeps 20,000, and one that began anew as many again; beyond that it is faulty, and loses its stream.
_MOST_OF_HOST = 50_000
_MOST = 100_000
_BATCH = 500
# A day's, on one replica: a stranger must not fill the table, nor hide in it what was truly written.
_MOST_OF_STRANGERS = 10_000
# What suppresses, and what the journal keeps.
_STOPS = frozenset({"stop", "perhaps"})
_KEPT: Mapping[str, Kind] = {"stop": "stop", "perhaps": "perhaps", "start": "start"}
# A stop word does not wait long for a database that is back.
_LONGEST_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class ReceivedText:
    """A text, from which host, and whether it can be recorded."""

    text: InboundText
    attachment: Attachment
    is_attributable: bool

    @property
    def report(self) -> Report:
        """What must have been granted for it to count."""
        return Report(self.text.device_id, None, self.attachment.incarnation)


class InboundTexts:
    """The texts that wait to be recorded, and the loop that records them."""

    def __init__(self, store: InboundStore, grants: Grants, journal: Journal | None = None) -> None:
        """`journal` keeps the stop words for a database that forgets them."""
        self._store = store
        self._grants = grants
        self._journal = journal
        self._strangers = DailyQuota(_MOST_OF_STRANGERS)
        self._buffer: ReceiveBuffer[tuple[str, int, str], ReceivedText] = ReceiveBuffer(
            "dispatch.inbound",
            self._write,
            _ids,
            Limits(_MOST, _BATCH, longest_pause_s=_LONGEST_PAUSE_S, most_of_owner=_MOST_OF_HOST),
            owner=lambda received: received.attachment.host_id,
            # STOP and START of one person must not meet in a statement.
            lane=lambda received: received.text.sender or f"lid:{received.text.lid}",
            reject=self._reject,
        )

    def add(self, attachment: Attachment, frame: pb.InboundFrame) -> None:
        """Takes in a frame from a host. Raises `ResourceExhausted` when too much waits."""
        entries = []
        for inbound in frame.inbound:
            text = _read(inbound)
            received = ReceivedText(text, attachment, is_attributable(text))
            if not received.is_attributable:
                report("dispatch.inbound", ValueError("no such device or person"), **_ids(received))
            # No host's text takes the place of another's.
            key = attachment.incarnation, inbound.device_id, text.inbound_id
            entries.append((key, received))
        self._buffer.add(entries, lambda: attachment.send(inbound_ack=pb.InboundAck(frame_id=frame.frame_id)))

    def close(self) -> None:
        """Takes no more texts: `run` ends when all texts are recorded."""
        self._buffer.close()

    async def run(self) -> None:
        """Records batches until the buffer is closed, and then the rest."""
        await self._buffer.run()

    async def run_once(self) -> int:
        """Records one batch; returns the number of texts. Raises `PASSING` errors."""
        return await self._buffer.run_once()

    async def recall(self, who: Collection[tuple[int, str]]) -> None:
        """Records what these identities wrote while nobody knew them; each with a device of its account.

        Raises as the store does.
        """
        waiting = await self._store.waiting_for(who) if who else []
        by_text = await self._by_person(waiting) if waiting else []
        # What was written long ago stops, but neither restores anybody nor is confirmed.
        texts = [replace(text, is_certain=False) for of_one in by_text for text in of_one]
        for part in _rounds(texts):
            await self._record(part)
        if known := [text for text, of_one in zip(waiting, by_text, strict=True) if of_one]:
            await self._store.settle(known)

    async def _by_person(self, texts: Sequence[InboundText]) -> list[list[InboundText]]:
        """Each text once for each person that it is of; none where nobody is known."""
        writers = defaultdict(list)
        asked = [place for place, text in enumerate(texts) if text.lid]
        if asked:
            for place, lead_id, phone, is_current in await self._store.identities(
                [texts[at] for at in asked]
            ):
                writers[asked[place]].append(Writer(lead_id, phone, is_current))
        return [texts_of(text, writers[place]) for place, text in enumerate(texts)]

    async def _write(self, batch: Sequence[ReceivedText]) -> None:
        believed = await self._believed(batch)
        strange = [each.text for each in batch if each.is_attributable and each not in believed]
        kept = self._strangers.taken(strange)
        if len(kept) < len(strange):
            report("dispatch.inbound.flood", PermissionError("replies of strangers without end"))
        texts = [received.text for received in batch if received in believed]
        await self._learn([text for text in texts if text.sender and (text.lid or text.known_as)])
        by_text = await self._by_person(texts)
        unknown = [
            replace(text, waits_for_lid=True)
            for text, of_one in zip(texts, by_text, strict=True)
            if not of_one
        ]
        if lost := [each.text for each in batch if not each.is_attributable] + kept + unknown:
            await self._quarantine(lost)
        # They may have become known while they were written down: whoever is later of the two finds it.
        await self.recall({(text.device_id, text.lid) for text in unknown})
        for part in _rounds([text for of_one in by_text for text in of_one]):
            await self._record(part)

    async def _learn(self, told: Sequence[InboundText]) -> None:
        # The words themselves count whatever becomes of this.
        if told:
            with contained("dispatch.inbound.identities", count=len(told)):
                await self._store.learn(told)
                await self.recall({(text.device_id, text.lid) for text in told if text.lid})

    async def _record(self, texts: Sequence[InboundText]) -> None:
        """At most one text a person."""
        heard = await self._store.record_inbound(texts)
        kinds = Counter(word.kind for word in heard if word.is_new)
        log.info("replies recorded", extra={"kinds": dict(kinds)})
        unmatched = sum(1 for word in heard if word.is_new and word.kind in _STOPS and word.lead_id is None)
        if unmatched:
            _unmatched.add(unmatched)
        await self._keep(heard)

    async def _believed(self, batch: Sequence[ReceivedText]) -> set[ReceivedText]:
        """Those that can be recorded, of hosts that may have heard them."""
        readable = [received for received in batch if received.is_attributable]
        granted = await self._grants.of(received.report for received in readable)
        for received in readable:
            if received.report not in granted:
                error = PermissionError("a reply to a device that its host never held")
                report("dispatch.inbound.stranger", error, host=received.attachment.host_id, **_ids(received))
        return {received for received in readable if received.report in granted}

    async def _reject(self, received: ReceivedText) -> None:
        """Keeps a text that the database refused; the database may still take the suppression alone."""
        # A stop word counts first, and also where the rest of its row cannot be kept.
        with contained("dispatch.inbound.stop", **_ids(received)):
            if await self._believed([received]):
                [texts] = await self._by_person([received.text])
                if texts:
                    await self._keep(await self._store.suppress(texts))
        await self._quarantine([received.text])

    async def _quarantine(self, texts: Sequence[InboundText]) -> None:
        """An operator looks at them (`kompang admin quarantine`): what is perhaps a stop is one there."""
        texts = [replace(text, meaning="stop") if text.meaning == "perhaps" else text for text in texts]
        await self._store.quarantine(texts)
        for meaning, count in Counter(text.meaning for text in texts).items():
            _quarantined.add(count, {"kompang.meaning": meaning})

    async def _keep(self, heard: Sequence[HeardWord]) -> None:
        if self._journal is not None:
            await self._journal.append([record for word in heard for record in _record(word)])


def _read(inbound: pb.Inbound) -> InboundText:
    with contained_all("dispatch.inbound.read", device_id=inbound.device_id):
        return read(inbound)
    return unread(inbound)


def _rounds(texts: Sequence[InboundText]) -> Iterator[list[InboundText]]:
    """One text a person at a time: who wrote by number and by identity is known to be one only now."""
    while texts:
        first = {text.sender: text for text in reversed(texts)}
        yield list(first.values())
        texts = [text for text in texts if first[text.sender] is not text]


def _record(word: HeardWord) -> Iterator[Record]:
    """What the journal keeps: stop words, and those that take one back."""
    if word.kind in _KEPT:
        kind = _KEPT[word.kind]
        who = word.account_id, word.phone_hash
        yield Record(kind, word.at, *who, word.device_id, word.inbound_id, word.lead_id or 0)


def _ids(received: ReceivedText) -> Mapping[str, Any]:
    return {"device_id": received.text.device_id, "inbound_id": received.text.inbound_id}
