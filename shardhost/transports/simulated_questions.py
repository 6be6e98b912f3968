"""What one session has asked the simulated network, and what it knows from the answers.

Whether a number is on the network is asked once a session: the answer serves every later send, also where
whoever asked has given up waiting. What became of an id is asked anew each time.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from kompang.simulation.v1 import network_pb2 as pb
from shardhost.transports.transport import UNCLEAR, Fate, Traced

# Of one device: the people of a busy day.
_MOST_KNOWN = 1000
_FATES = {pb.Traced.FATE_WENT: Fate.WENT, pb.Traced.FATE_NEVER_WENT: Fate.NEVER_WENT}


class Asks(Protocol):
    """What questions need of the stream they are asked on."""

    @property
    def trace_timeout(self) -> float:
        """Seconds within which an answer counts."""

    def write_question(self, session_id: int, *, wire_id: str = "", recipient: str = "") -> int:
        """Queue a question; returns its id. Raises NotSent, SendRefused for what fits no frame."""


class Questions:
    """Of one session; `end` answers all that wait with nothing."""

    def __init__(self, stream: Asks, session_id: int) -> None:
        self._stream = stream
        self._session_id = session_id
        self._waiting: dict[int, asyncio.Future[pb.Answer | None]] = {}
        self._known: dict[str, asyncio.Future[pb.Answer | None]] = {}

    async def is_present(self, recipient: str) -> bool | None:
        """Whether the number is on the network, None where the session ended first. Raises as `Asks`."""
        found = self._known.get(recipient)
        if found is None:
            found = self._ask(self._stream.write_question(self._session_id, recipient=recipient))
            self._known[recipient] = found
            if len(self._known) > _MOST_KNOWN:
                del self._known[next(iter(self._known))]
        answer = await asyncio.shield(found)
        return None if answer is None else answer.is_present

    async def trace(self, wire_id: str) -> Traced:
        """What the network says of an id. Raises as `Asks`."""
        question_id = self._stream.write_question(self._session_id, wire_id=wire_id)
        try:
            async with asyncio.timeout(self._stream.trace_timeout):
                answer = await self._ask(question_id)
        except TimeoutError:
            return UNCLEAR
        finally:
            self._waiting.pop(question_id, None)
        fate = _FATES.get(answer.traced.fate) if answer is not None else None
        return (
            UNCLEAR if fate is None or answer is None else Traced(fate, answer.traced.accepted_age_ms / 1000)
        )

    def settle(self, answer: pb.Answer) -> None:
        """The network has answered; an answer that nobody waits for is dropped."""
        waiting = self._waiting.pop(answer.question_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def end(self) -> None:
        """The session is over: nothing more is answered."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()
        self._known.clear()

    def _ask(self, question_id: int) -> asyncio.Future[pb.Answer | None]:
        waiting: asyncio.Future[pb.Answer | None] = asyncio.get_running_loop().create_future()
        self._waiting[question_id] = waiting
        return waiting
