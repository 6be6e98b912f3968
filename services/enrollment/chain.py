"""Pure: a chain of linked sequences as one list of steps, each with its time from the enrollment.

A sequence's offsets count from its own start, and a linked sequence starts at the last step of the one
before it: COLD 5 min … 48 h, then WARM 12 h … 48 h comes to 60 h … 96 h.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_DAY_S = 86400.0

# Partitions are made no further ahead than 800 days; `message.position` and a batch have room for this many.
LONGEST_S = 730 * _DAY_S
MOST_STEPS = 1000


class ChainError(Exception):
    """The chain cannot be enrolled in; the message says why, for whoever wrote the sequences."""


@dataclass(frozen=True)
class Link:
    """One sequence of a chain: the next one, if any, and (step id, seconds from its start) in order."""

    sequence_id: int
    next_id: int | None
    steps: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Chain:
    """Step by step: the k-th is message k of every lead. `offsets_s` are seconds from the enrollment."""

    step_ids: tuple[int, ...]
    offsets_s: tuple[float, ...]

    @property
    def length_s(self) -> float:
        """Seconds from the enrollment to the last message."""
        return max(self.offsets_s)

    def __len__(self) -> int:
        return len(self.step_ids)


def flatten(head_id: int, links: Sequence[Link]) -> Chain:
    """The chain that starts at `head_id`, from the links it reaches, in any order.

    Raises `ChainError` for a circle, no steps, too many, or one too late.
    """
    step_ids: list[int] = []
    offsets_s: list[float] = []
    for link in _in_order(head_id, links):
        start_s = offsets_s[-1] if offsets_s else 0.0
        for step_id, offset_s in link.steps:
            step_ids.append(step_id)
            offsets_s.append(start_s + offset_s)
    chain = Chain(tuple(step_ids), tuple(offsets_s))
    _check(chain)
    return chain


def _in_order(head_id: int, links: Sequence[Link]) -> list[Link]:
    by_id = {link.sequence_id: link for link in links}
    ordered: list[Link] = []
    next_id: int | None = head_id
    while next_id is not None:
        if next_id not in by_id:
            raise ChainError(
                f"sequence {next_id} is linked twice in one chain, or is not there; change the link to it"
            )
        ordered.append(by_id.pop(next_id))
        next_id = ordered[-1].next_id
    return ordered


def _check(chain: Chain) -> None:
    if not len(chain):
        raise ChainError("no sequence of the chain has a step; add one")
    if len(chain) > MOST_STEPS:
        raise ChainError(f"the chain has {len(chain)} steps; {MOST_STEPS} are the most")
    if chain.length_s > LONGEST_S:
        raise ChainError(
            f"the chain takes {chain.length_s / _DAY_S:.0f} days; {LONGEST_S / _DAY_S:.0f} are the most"
        )
