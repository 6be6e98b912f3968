"""Counts since the start of the process."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stats:
    """What the network did; described in `Stats` of network.proto."""

    received: int = 0
    accepted: int = 0
    repeated: int = 0
    lost: int = 0
    connections: int = 0
    traced: int = 0
    refused: Counter[int] = field(default_factory=Counter)
