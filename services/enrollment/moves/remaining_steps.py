"""Pure: the newest steps that a lead has not had yet."""

from dataclasses import replace
from datetime import timedelta

from services.enrollment.chain import Link, flatten
from services.enrollment.moves.model import ChainVersions, Enrollment, PlannedMessage, RemainingStep
from services.enrollment.moves.step_diff import had_already, passed


def remaining_steps(enrollment: Enrollment, versions: ChainVersions) -> list[RemainingStep]:
    """The steps to come after the last message that was ever handed, from its sequence on.

    A sequence that the lead has left behind is not gone through again, whatever links to it now. Raises
    `ChainError` for a chain that is too long.
    """
    last = last_handed(enrollment)
    if last is None:
        return _from(enrollment.head_id, versions, behind=frozenset(), already=0, again=set())
    behind = frozenset(one.sequence_id for one in enrollment.messages if one.attempts) - {last.sequence_id}
    before = versions.before[last.sequence_id, last.revision]
    after = [says for _, _, says in versions.newest[last.sequence_id].steps]
    return _from(
        last.sequence_id,
        versions,
        behind,
        passed(before, after, last.place),
        had_already(before, after, last.place),
    )


def check(head_id: int, versions: ChainVersions) -> None:
    """Raises `ChainError` where nobody could be enrolled: no steps, too many, one too late, a circle."""
    flatten(head_id, [_link(one, versions) for one in _reached(head_id, versions)])


def last_handed(enrollment: Enrollment) -> PlannedMessage | None:
    """The last one that somebody may know of."""
    return next((one for one in reversed(enrollment.messages) if one.attempts), None)


def _from(
    start_id: int, versions: ChainVersions, behind: frozenset[int], already: int, again: set[int]
) -> list[RemainingStep]:
    """The chain from `start_id` on, but for its first `already` steps and those in `again`."""
    links = [_link(one, versions) for one in _reached(start_id, versions)]
    links = [replace(link, steps=()) if link.sequence_id in behind else link for link in links]
    if not any(link.steps for link in links):
        return []
    chain = flatten(start_id, links)
    # Each rounded to microseconds as Postgres rounds it, so that an unchanged time is the same time.
    since = timedelta(seconds=chain.offsets_s[already - 1] if already else 0.0)
    return [
        RemainingStep(chain.step_ids[k], timedelta(seconds=chain.offsets_s[k]) - since)
        for k in range(already, len(chain))
        if k not in again
    ]


def _reached(start_id: int, versions: ChainVersions) -> list[int]:
    found: list[int] = []
    at: int | None = start_id
    while at is not None and at not in found:
        found.append(at)
        at = versions.newest[at].next_id
    return found


def _link(sequence_id: int, versions: ChainVersions) -> Link:
    newest = versions.newest[sequence_id]
    return Link(
        sequence_id, newest.next_id, tuple((step_id, offset_s) for step_id, offset_s, _ in newest.steps)
    )
