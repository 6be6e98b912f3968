"""What a host may ask and sends nothing for: what became of its sends of an id, and who is on the network.

That an id never went is said only to the device's newest session, and only while nothing under the id is
under way on that session. Whatever an older session has under way is refused when it is decided, because the
session is not the newest any more; so nothing that was sent before the question can be accepted after it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from infra.local.network.behavior import Behavior
from infra.local.network.devices import Devices, DeviceSession
from infra.local.network.ledger import Ledger
from infra.local.network.link import Link
from kompang.simulation.v1 import network_pb2 as pb

_LONGEST_AGE_MS = 2**32 - 1
# Puts a call on the network's schedule, so many seconds from now.
Later = Callable[[float, Callable[[], None]], None]


class Questions:
    """Knows of each session what is under way: arrived, and not decided yet."""

    def __init__(self, ledger: Ledger, devices: Devices, later: Later) -> None:
        self._ledger = ledger
        self._devices = devices
        self._later = later
        self._under_way: Counter[tuple[DeviceSession, str]] = Counter()
        self._asked: Counter[tuple[str, str]] = Counter()

    def arrived(self, session: DeviceSession, wire_id: str) -> None:
        """A send is under way."""
        self._under_way[session, wire_id] += 1

    def decided(self, session: DeviceSession, wire_id: str) -> None:
        """It is no more."""
        self._under_way[session, wire_id] -= 1
        if not self._under_way[session, wire_id]:
            del self._under_way[session, wire_id]

    def ask(
        self, link: Link, session: DeviceSession | None, question: pb.Question, behavior: Behavior
    ) -> None:
        """Have a question answered, on the link that it came by; the answer is that of this moment."""
        answer = pb.Answer(question_id=question.question_id, session_id=question.session_id)
        if session is None:
            link.answer(answer)
        elif question.WhichOneof("about") == "wire_id":
            self._trace(link, session, question.wire_id, answer, behavior)
        else:
            delay, answer.is_present = behavior.look_up(session.phone, question.recipient)
            self._later(delay, partial(link.answer, answer))

    def _trace(
        self, link: Link, session: DeviceSession, wire_id: str, answer: pb.Answer, behavior: Behavior
    ) -> None:
        key = session.phone, wire_id
        drawn = behavior.trace(*key, self._asked[key])
        self._asked[key] += 1
        answer.traced.fate = pb.Traced.FATE_UNCLEAR if drawn.is_unclear else self._fate(session, wire_id)
        if drawn.delay is not None:
            self._later(drawn.delay, partial(self._tell, link, key, answer))

    def _fate(self, session: DeviceSession, wire_id: str) -> pb.Traced.Fate:
        if self._ledger.accepted_at(session.phone, wire_id) is not None:
            # What is told is in the file.
            self._ledger.flush()
            return pb.Traced.FATE_WENT
        if not self._devices.is_newest(session) or session.ended or self._under_way[session, wire_id]:
            return pb.Traced.FATE_UNCLEAR
        return pb.Traced.FATE_NEVER_WENT

    def _tell(self, link: Link, key: tuple[str, str], answer: pb.Answer) -> None:
        at = self._ledger.accepted_at(*key)
        if answer.traced.fate == pb.Traced.FATE_WENT and at is not None:
            age_ms = int((time.time() - at) * 1000)
            answer.traced.accepted_age_ms = min(max(0, age_ms), _LONGEST_AGE_MS)
        link.answer(answer)
