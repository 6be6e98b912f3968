"""The loop of one device that sends what is in hand, one message at a time."""

import asyncio
from collections.abc import Callable

from shardhost import tracing
from shardhost.attempt import Hand, Sender, attempt, contained_attempt, prepare, send_plainly
from shardhost.outcomes import Report


class SendLoop:
    """`on_report` is called with what came of each message, once the hand is empty again.

    `is_halted` says that nothing is worth waiting for, because nothing may leave any more.
    """

    __slots__ = ("_handed", "_is_halted", "_on_report", "_pause", "_sender", "hand")

    def __init__(
        self, sender: Sender, is_halted: Callable[[], bool], on_report: Callable[[Report], None]
    ) -> None:
        self.hand: Hand | None = None
        self._sender = sender
        self._is_halted = is_halted
        self._on_report = on_report
        self._handed = asyncio.Event()
        self._pause: asyncio.Future[None] | None = None

    def take(self, hand: Hand) -> None:
        """Send the message next; the hand must be empty."""
        self.hand = hand
        self._handed.set()

    def wake(self) -> None:
        """End a pause now: the device is halted."""
        if self._pause is not None:
            _end(self._pause)

    async def run(self) -> None:
        """Send what is handed, one after the other."""
        while True:
            await self._handed.wait()
            await self.run_once()

    async def run_once(self) -> None:
        """Send what is in hand, and report what came of it."""
        self._handed.clear()
        hand = self.hand
        if hand is None:
            return
        report = await contained_attempt(hand, lambda: self._attempt(hand))
        self.hand = None
        self._on_report(report)

    async def pause(self, seconds: float) -> None:
        """Wait, or until the device is halted."""
        await self._until(asyncio.get_running_loop().time() + seconds)

    async def _attempt(self, hand: Hand) -> Report:
        # While the gap lasts.
        ended = await prepare(hand, self._sender)
        if ended is not None:
            return ended
        if hand.due is not None:
            await self._until(hand.due)
        if tracing.sampled(hand.message.traceparent):
            return await tracing.traced(hand, self._sender)
        return await attempt(hand, self._sender, send_plainly)

    async def _until(self, moment: float) -> None:
        loop = asyncio.get_running_loop()
        if self._is_halted() or moment <= loop.time():
            return
        self._pause = loop.create_future()
        timer = loop.call_at(moment, _end, self._pause)
        try:
            await self._pause
        finally:
            timer.cancel()
            self._pause = None


def _end(pause: asyncio.Future[None]) -> None:
    if not pause.done():
        pause.set_result(None)
