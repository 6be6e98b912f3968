"""Which chats there are, and how many new ones a device may begin."""

from __future__ import annotations

from collections import deque

from infra.local.network.behavior import Refusal
from kompang.simulation.v1 import behavior_pb2 as pb
from services.consent.number_forms import canonical


class Chats:
    """In memory alone, as bans are: a network that restarts knows no chats and locks nobody."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()
        self._begun: dict[str, deque[float]] = {}
        self._locked: dict[str, float] = {}

    def opened(self, device: str, person: str) -> None:
        """The person wrote to the device."""
        self._known.add((device, canonical(person)))

    def taken(self, device: str, person: str, now: float) -> None:
        """The network took a message of the device to the person."""
        chat = device, canonical(person)
        if chat not in self._known:
            self._known.add(chat)
            self._begun.setdefault(device, deque()).append(now)

    def refusal(self, limit: pb.NewChats, device: str, person: str, now: float) -> Refusal | None:
        """Why the device may not write to this person now; None where it may, or has a chat with them."""
        if not limit.window_ms or (device, canonical(person)) in self._known:
            return None
        if self._locked.get(device, 0.0) <= now and self._is_full(limit, device, now):
            self._locked[device] = now + limit.hold_ms / 1000
        left = self._locked.get(device, 0.0) - now
        return Refusal(pb.FAILURE_REACH_OUT_LIMIT, max(1, round(left * 1000))) if left > 0 else None

    def _is_full(self, limit: pb.NewChats, device: str, now: float) -> bool:
        begun = self._begun.setdefault(device, deque())
        while begun and begun[0] <= now - limit.window_ms / 1000:
            begun.popleft()
        return len(begun) >= limit.most
