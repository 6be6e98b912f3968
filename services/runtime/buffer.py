"""The two ends of a stream of frames that are acknowledged once their entries are committed.

    sender: SendBuffer                              receiver: ReceiveBuffer
    add ─▶ waiting ─take─▶ unacknowledged ──frame──▶ add ─▶ waiting ─run_once─▶ committed
             ▲                  │    ▲                                             │
             └──── replay ──────┘    └──────────────── acknowledge ────────────────┘

Authority: an entry is the sender's until its frame is acknowledged, and the receiver acknowledges after the
commit. So an entry may be sent and committed twice (a broken stream, a lost acknowledgement), and is never
lost; committing it twice must change nothing.

Failures: while the database is away the receiver tries again (`services.runtime.retry`). An entry that fails
alone is contained (`services.runtime.containment`): the other entries of its batch are committed.

Bounds: `SendBuffer.add` refuses what does not fit, and says so. `ReceiveBuffer.add` raises
`ResourceExhausted`: its caller ends the stream, and the sender keeps the frame. With an `owner`, one that
fills its own share is refused, and the others still have room.

Used by `services.dispatch` (outcomes, inbound texts, receipts: `ReceiveBuffer`) and by `shardhost`
(outcomes, inbox, receipts: `SendBuffer`). `Key`s are hashable; `Value`s are any entries.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

from services.runtime.backoff import LONGEST_S
from services.runtime.containment import PASSING, contained, contained_each
from services.runtime.errors import ResourceExhausted, Unavailable
from services.runtime.lifecycle import set_within
from services.runtime.retry import Retry

_MOST_REJECTIONS = 5

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(frozen=True)
class Limits:
    """Of a `ReceiveBuffer`: how many entries may wait, how many go into a batch, and when a batch begins.

    A batch begins `gather_s` seconds after its first entry, or as soon as `many` entries wait. With no
    `gather_s` it begins at once, and the next batch gathers while this one is written.
    """

    most: int
    batch: int
    gather_s: float = 0.0
    many: int = 1
    longest_pause_s: float = LONGEST_S
    # Of one owner; None: of one as many as of all.
    most_of_owner: int | None = None


@dataclass(slots=True, eq=False)
class _Frame:
    """A received frame: acknowledged when its last entry is settled."""

    acknowledge: Callable[[], object]
    open: int = 1

    def settle(self) -> None:
        self.open -= 1
        if not self.open:
            self.acknowledge()


@dataclass(slots=True, eq=False)
class _Entry(Generic[Value]):
    """What waits under a key, and the frames that wait for it: one for each time it was received."""

    value: Value
    owner: Hashable = None
    frames: list[_Frame] = field(default_factory=list)
    failed_rejections: int = 0


class ReceiveBuffer(Generic[Key, Value]):
    """Entries received in frames, written in batches, acknowledged after the commit.

    `place` names the buffer in logs and counts. `write` commits a batch whole or raises; what follows the
    commit (a credit, a span) it contains, value by value. `ids` names a value for the log, by ids only.
    `owner` says whose a value is (`Limits.most_of_owner`).
    `lane` says which values must not meet in one batch: of each lane only the oldest goes. `reject` settles a
    value that failed alone, before its frame is acknowledged. Where `reject` fails too, the value waits, and
    both are tried again; after the fifth time the value is given up, because it would hold up the others.
    """

    def __init__(
        self,
        place: str,
        write: Callable[[Sequence[Value]], Awaitable[object]],
        ids: Callable[[Value], Mapping[str, object]],
        limits: Limits,
        *,
        owner: Callable[[Value], Hashable] | None = None,
        lane: Callable[[Value], Hashable] | None = None,
        reject: Callable[[Value], Awaitable[object]] | None = None,
    ) -> None:
        self._place = place
        self._write = write
        self._ids = ids
        self._limits = limits
        self._owner = owner
        self._lane = lane
        self._reject = reject
        self._waiting: dict[Key, _Entry[Value]] = {}
        self._owned: Counter[Hashable] = Counter()
        self._arrived = asyncio.Event()
        self._many = asyncio.Event()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def get(self, key: Key) -> Value | None:
        """The value that waits under the key."""
        entry = self._waiting.get(key)
        return None if entry is None else entry.value

    def add(self, entries: Iterable[tuple[Key, Value]], acknowledge: Callable[[], object]) -> None:
        """Takes in a frame; `acknowledge` is called when the last of its entries is settled.

        An entry whose key waits already replaces that one's value and keeps its turn: one commit settles both
        frames. Raises `ResourceExhausted`, and takes nothing, when there is no room for the frame.
        """
        received = dict(entries)
        owned = Counter(self._owner_of(received[key]) for key in received.keys() - self._waiting.keys())
        self._refuse_too_many(owned)
        self._owned.update(owned)
        frame = _Frame(acknowledge)
        for key, value in received.items():
            if (entry := self._waiting.get(key)) is None:
                entry = self._waiting[key] = _Entry(value, self._owner_of(value))
            entry.value = value
            entry.frames.append(frame)
            frame.open += 1
        frame.settle()
        if self._waiting:
            self._arrived.set()
        if len(self._waiting) >= self._limits.many:
            self._many.set()

    def close(self) -> None:
        """No more is added: `run` ends when all is written."""
        self._is_closed = True
        self._arrived.set()
        self._many.set()

    async def run(self) -> None:
        """Writes batches until closed, and then whatever is left."""
        retry = Retry(self._place, longest_s=self._limits.longest_pause_s)
        while self._waiting or not self._is_closed:
            await self._arrived.wait()
            if self._limits.gather_s:
                await set_within(self._many, self._limits.gather_s)
            try:
                await self.run_once()
            except PASSING as error:
                self._arrived.set()
                await retry.pause(error)
            else:
                retry.succeeded()

    async def run_once(self) -> int:
        """Writes one batch and settles it; how many entries.

        Raises one of `PASSING`: what is not settled by then is in a later batch again.
        """
        self._arrived.clear()
        if not self._is_closed:
            self._many.clear()
        batch = self._batch()
        failed = await contained_each(self._place, batch, self._commit, self._ids_of)
        rejected = [await self._is_rejected(key, value) for key, value in failed]
        if self._waiting:
            self._arrived.set()
        if not all(rejected):
            raise Unavailable("what could not be written could not be rejected either; both are tried again")
        return len(batch)

    def _owner_of(self, value: Value) -> Hashable:
        return None if self._owner is None else self._owner(value)

    def _refuse_too_many(self, owned: Mapping[Hashable, int]) -> None:
        if len(self._waiting) + sum(owned.values()) > self._limits.most:
            raise ResourceExhausted("too much waits to be written", place=self._place)
        most = self._limits.most_of_owner
        for owner, count in owned.items():
            if most is not None and self._owned[owner] + count > most:
                raise ResourceExhausted("too much of one waits to be written", place=self._place)

    async def _is_rejected(self, key: Key, value: Value) -> bool:
        """Whether the value that failed alone is settled now."""
        error = await self._rejection(value)
        entry = self._waiting.get(key)
        if error is not None and entry is not None:
            entry.failed_rejections += 1
            if entry.failed_rejections < _MOST_REJECTIONS:
                return False
        self._settle(key, value)
        return True

    async def _commit(self, batch: Sequence[tuple[Key, Value]]) -> None:
        await self._write([value for _, value in batch])
        for key, value in batch:
            self._settle(key, value)

    async def _rejection(self, value: Value) -> Exception | None:
        if self._reject is None:
            return None
        with contained(f"{self._place}.reject", raised=PASSING, **dict(self._ids(value))) as ended:
            await self._reject(value)
        return ended.error

    def _ids_of(self, pair: tuple[Key, Value]) -> Mapping[str, object]:
        return self._ids(pair[1])

    def _batch(self) -> list[tuple[Key, Value]]:
        """The oldest entry of each lane, in the order they came."""
        if self._lane is None:
            return [(key, entry.value) for key, entry in islice(self._waiting.items(), self._limits.batch)]
        lanes: dict[Hashable, tuple[Key, Value]] = {}
        for key, entry in self._waiting.items():
            lanes.setdefault(self._lane(entry.value), (key, entry.value))
            if len(lanes) == self._limits.batch:
                break
        return list(lanes.values())

    def _settle(self, key: Key, value: Value) -> None:
        entry = self._waiting.get(key)
        if entry is None or entry.value is not value:
            return  # received again while it was written: the newer value is written too
        del self._waiting[key]
        self._owned[entry.owner] -= 1
        if not self._owned[entry.owner]:
            del self._owned[entry.owner]
        for frame in entry.frames:
            frame.settle()


class SendBuffer(Generic[Key, Value]):
    """Entries kept in their order until the frame they went in is acknowledged."""

    def __init__(self, most: int) -> None:
        """`most` entries are kept, sent or not."""
        self._most = most
        self._frame_id = 0
        self._kept: dict[Key, Value] = {}
        self._waiting: deque[Key] = deque()
        self._unacknowledged: dict[int, list[Key]] = {}

    def __len__(self) -> int:
        """How many wait to be sent."""
        return len(self._waiting)

    def __contains__(self, key: Key) -> bool:
        """Whether it is kept, sent or not."""
        return key in self._kept

    @property
    def kept(self) -> int:
        """How many are kept, sent or not."""
        return len(self._kept)

    @property
    def frames_out(self) -> int:
        """How many frames wait for their acknowledgement."""
        return len(self._unacknowledged)

    def add(self, key: Key, value: Value) -> bool:
        """Keeps it until it is acknowledged; one that is kept already keeps its turn. False: no room."""
        if key in self._kept:
            # The newer one knows the newer session, by which it is confirmed.
            self._kept[key] = value
            return True
        if len(self._kept) >= self._most:
            return False
        self._kept[key] = value
        self._waiting.append(key)
        return True

    def take(self, limit: int) -> tuple[int, list[Value]] | None:
        """The id and the values of the next frame, at most `limit` of them; None when nothing waits."""
        if not self._waiting:
            return None
        keys = [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
        self._frame_id += 1
        self._unacknowledged[self._frame_id] = keys
        return self._frame_id, [self._kept[key] for key in keys]

    def acknowledge(self, frame_id: int) -> list[Value]:
        """Forgets the frame's entries and returns their values; of an unknown frame none."""
        return [self._kept.pop(key) for key in self._unacknowledged.pop(frame_id, ())]

    def replay(self) -> None:
        """The stream is gone: what it did not acknowledge waits again, ahead of the rest, in its order."""
        for _, keys in sorted(self._unacknowledged.items(), reverse=True):
            self._waiting.extendleft(reversed(keys))
        self._unacknowledged.clear()
