"""Pure: what a link between sequences may not do.

The sequences of an account are nodes with at most one link each. Links may never lead back (a lead
would be taken round for ever), and no active sequence may lead to one without steps.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """One sequence of the graph; `next_id` is None at the end of a chain."""

    id: int
    slug: str
    trigger: str
    next_id: int | None
    is_active: bool
    has_steps: bool


def chain(links: Mapping[int, Link], start: int) -> Iterator[Link]:
    """Yields the sequences of the chain from this one on; in a circle, each sequence once."""
    seen: set[int] = set()
    at: int | None = start
    while at is not None and at not in seen:
        seen.add(at)
        yield links[at]
        at = links[at].next_id


def circle(links: Mapping[int, Link], start: int) -> str:
    """Returns the circle through this sequence, as `cold → warm → cold`; empty when there is none."""
    path = list(chain(links, start))
    if path[-1].next_id != start:
        return ""
    return " → ".join([link.slug for link in path] + [links[start].slug])


def without_steps(links: Mapping[int, Link], start: int) -> str:
    """Returns the slug of the first sequence of the chain that has no steps; empty when all have."""
    return next((link.slug for link in chain(links, start) if not link.has_steps), "")


def unreachable(links: Mapping[int, Link], start: int) -> bool:
    """Whether no lead can ever get there: it listens for no trigger, and nothing links to it."""
    return not links[start].trigger and all(link.next_id != start for link in links.values())


def active_through(links: Mapping[int, Link], sequence_id: int) -> list[Link]:
    """The active sequences whose chain goes through this one, itself included."""
    return [
        link
        for link in links.values()
        if link.is_active and any(passed.id == sequence_id for passed in chain(links, link.id))
    ]


def triggers_through(links: Mapping[int, Link], sequence_id: int) -> list[str]:
    """The triggers of the leads who come to this sequence directly or through links, active or not."""
    heads = (
        link for link in links.values() if any(passed.id == sequence_id for passed in chain(links, link.id))
    )
    return sorted({link.trigger for link in heads} - {""})
