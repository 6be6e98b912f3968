"""Replies of people to devices, kept in memory until a host has confirmed them: a restart forgets them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

# Of one device; beyond that, further replies are refused.
_MOST_WAITING = 10_000


@dataclass(frozen=True, slots=True)
class Reply:
    """One text to a device; `sender` and `lid`, the network's identity of the person, are digits only."""

    reply_id: str
    sender: str
    text: str
    lid: str = ""


class TooManyReplies(Exception):
    """Too much waits for one device."""


class Replies:
    """By device, in the order they were written."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[str, Reply]] = defaultdict(dict)

    def keep(self, phone: str, reply: Reply) -> bool:
        """Keep a reply; False when the same reply waits already. Raises TooManyReplies."""
        waiting = self._waiting[phone]
        if reply.reply_id in waiting:
            return False
        if len(waiting) >= _MOST_WAITING:
            raise TooManyReplies(phone)
        waiting[reply.reply_id] = reply
        return True

    def confirm(self, phone: str, reply_id: str) -> None:
        """Forget the reply: its host has taken care of it."""
        self._waiting[phone].pop(reply_id, None)

    def of(self, phone: str) -> Iterator[Reply]:
        """The replies that wait for this device."""
        return iter(tuple(self._waiting[phone].values()))
