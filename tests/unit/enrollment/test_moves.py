"""What a lead's messages become: pure, without a database."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.enrollment.moves.model import ChainVersions, Enrollment, Move, NewestVersion, PlannedMessage
from services.enrollment.moves.move import move, must_wait
from services.enrollment.moves.step_diff import passed

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FAR = datetime(9999, 1, 1, tzinfo=UTC)

Says = Sequence[tuple[float, str]]


class Plan:
    """Sequence 1, its steps before and now; hours from the start."""

    def __init__(self, before: Says, after: Says) -> None:
        self.before = before
        self.after = after

    @property
    def versions(self) -> ChainVersions:
        newest = NewestVersion(
            1, None, [(200 + k, h * 3600, text) for k, (h, text) in enumerate(self.after, 1)]
        )
        return ChainVersions({1: newest}, {(1, 1): [text for _, text in self.before]})

    def enrollment(
        self, had: int, *, held: bool = False, later_h: float = 0, last: str = "sent"
    ) -> Enrollment:
        """Somebody who had so many; `later_h`: all since goes so much later, as after a reply."""
        later = timedelta(hours=later_h)
        messages = []
        for k, (hours, _) in enumerate(self.before, 1):
            at = START + hours * HOUR
            state = "pending" if k > had else last if k == had else "sent"
            not_before = FAR if held else at + later if later_h else None
            messages.append(
                PlannedMessage(
                    k, at, state, k, int(k <= had), not_before if k > had else None,
                    "replied" if held and k > had else None, at if state == "sent" else None,
                    100 + k, 1, 1, k,
                )
            )  # fmt: skip
        flying = had if last in ("handed", "unknown") and had else None
        return Enrollment(7, 1, 1, 1, held, START, flying, messages)

    def move(self, had: int, at_h: float, **changes: object) -> Move | None:
        return move(self.enrollment(had, **changes), self.versions, START + at_h * HOUR)  # type: ignore[arg-type]


def hours(at: datetime | None) -> float:
    assert at is not None
    return (at - START) / HOUR


def planned(moved: Move) -> list[tuple[int, int, float]]:
    """Step, position and hour of all that is to come."""
    rows = [(one.step_id, one.position, hours(one.message.scheduled_at)) for one in moved.kept]
    rows += [(one.step_id, one.position, hours(one.scheduled_at)) for one in moved.added]
    return sorted(rows, key=lambda row: row[1])


OLD: Says = [(0, "a"), (12, "b"), (24, "c"), (36, "d")]


def test_another_text_is_said_at_the_same_time_by_the_same_message() -> None:
    moved = Plan(OLD, [(0, "a"), (12, "b"), (24, "C"), (36, "d")]).move(2, at_h=13)
    assert moved
    assert planned(moved) == [(203, 3, 24), (204, 4, 36)]
    assert [one.message.id for one in moved.kept] == [3, 4]
    assert (moved.added, moved.dropped, moved.message_count) == ([], [], 4)


def test_a_step_put_in_leaves_the_others_where_they_are() -> None:
    moved = Plan(OLD, [(0, "a"), (12, "b"), (18, "x"), (24, "c"), (36, "d")]).move(2, at_h=13)
    assert moved
    assert planned(moved) == [(203, 3, 18), (204, 4, 24), (205, 5, 36)]
    assert len(moved.kept) == 2
    assert (moved.dropped, moved.message_count) == ([], 5)


def test_a_step_put_in_before_the_last_one_is_not_sent_any_more() -> None:
    moved = Plan(OLD, [(0, "a"), (6, "x"), (12, "b"), (24, "c"), (36, "d")]).move(2, at_h=13)
    assert moved
    assert planned(moved) == [(204, 3, 24), (205, 4, 36)]


def test_a_step_taken_out_is_dropped() -> None:
    moved = Plan(OLD, [(0, "a"), (12, "b"), (36, "d")]).move(2, at_h=13)
    assert moved
    assert planned(moved) == [(203, 3, 36)]
    assert [one.id for one in moved.dropped] == [3]
    assert moved.message_count == 3


def test_the_last_step_taken_out_ends_who_had_all_the_others() -> None:
    moved = Plan(OLD, OLD[:3]).move(3, at_h=25)
    assert moved
    assert (moved.ends, moved.message_count, len(moved.dropped)) == (True, 3, 1)
    assert not must_wait(moved)


@pytest.mark.parametrize(("last", "waits"), [("handed", True), ("unknown", True), ("pending", False)])
def test_nobody_ends_before_the_last_message_has(last: str, *, waits: bool) -> None:
    moved = Plan(OLD, OLD[:3]).move(3, at_h=25, last=last)
    assert moved
    assert (moved.ends, must_wait(moved)) == (False, waits)


def test_new_distances_count_from_the_last_message() -> None:
    moved = Plan(OLD, [(0, "a"), (20, "b"), (21, "c"), (23, "d")]).move(2, at_h=12.5)
    assert moved
    assert planned(moved) == [(203, 3, 13), (204, 4, 15)]


def test_what_would_lie_in_the_past_begins_now_and_keeps_its_distances() -> None:
    moved = Plan(OLD, [(0, "a"), (12, "b"), (13, "c"), (14, "d"), (16, "e")]).move(2, at_h=20)
    assert moved
    assert planned(moved) == [(203, 3, 20), (204, 4, 21), (205, 5, 23)]


def test_what_is_new_keeps_its_distance_from_one_that_is_late() -> None:
    late = Plan(OLD, [(0, "a"), (12, "b"), (24, "c"), (25, "x"), (36, "d")]).move(2, at_h=30)
    assert late
    assert planned(late) == [(203, 3, 24), (204, 4, 31), (205, 5, 42)]


def test_who_goes_on_later_goes_on_as_much_later() -> None:
    moved = Plan(OLD, [(0, "a"), (12, "b"), (24, "c"), (30, "x"), (36, "d")]).move(2, at_h=20, later_h=10)
    assert moved
    assert planned(moved) == [(203, 3, 24), (204, 4, 30), (205, 5, 36)]
    [added] = moved.added
    assert hours(added.not_before) == 40


def test_who_is_held_stays_held() -> None:
    moved = Plan(OLD, [(0, "a"), (12, "b"), (24, "c"), (30, "x"), (40, "d")]).move(2, at_h=26, held=True)
    assert moved
    assert planned(moved)[0] == (203, 3, 24)
    assert {(one.not_before, one.reason) for one in moved.added} == {(FAR, "replied")}
    assert len(moved.added) == 2


def test_who_had_nothing_yet_gets_the_whole_new_version() -> None:
    moved = Plan(OLD, [(0, "x"), (12, "b"), (20, "y")]).move(0, at_h=-1)
    assert moved
    assert planned(moved) == [(201, 1, 0), (202, 2, 12), (203, 3, 20)]
    assert [one.message.id for one in moved.kept] == [1, 2]


def linked(next_of: dict[int, int | None]) -> ChainVersions:
    """Sequences of two steps at 1 and 2 h: the k-th of s says sk and is step 10 s + k."""
    return ChainVersions(
        {
            s: NewestVersion(s, after, [(10 * s + k, 3600.0 * k, f"{s}{k}") for k in (1, 2)])
            for s, after in next_of.items()
        },
        {(s, 1): [f"{s}1", f"{s}2"] for s in next_of},
    )


def along(*steps: int, had: int) -> Enrollment:
    """Through these steps, an hour apart."""
    messages = [
        PlannedMessage(
            k, START + k * HOUR, "sent" if k <= had else "pending", k, int(k <= had), None, None, None,
            step if k <= had else -step, step // 10, 1, step % 10,
        )
        for k, step in enumerate(steps, 1)
    ]  # fmt: skip
    return Enrollment(7, 1, 1, 1, False, START, None, messages)


@pytest.mark.parametrize(
    ("next_of", "had", "steps", "at"),
    [
        # COLD → WARM → HOT; a lead in WARM; the link of COLD goes to HOT now: WARM is finished, and what it
        # links to follows.
        ({1: 3, 2: 3, 3: None}, 3, [22, 31, 32], [4, 5, 6]),
        # The link of WARM is gone.
        ({1: 2, 2: None, 3: None}, 3, [22], [4]),
        # A lead in COLD goes on by the new link.
        ({1: 3, 2: 3, 3: None}, 1, [12, 31, 32], [2, 3, 4]),
        # The order is turned round: COLD, which the lead has left behind, is not gone through again.
        ({1: 3, 2: 1, 3: None}, 3, [22, 31, 32], [4, 5, 6]),
    ],
)
def test_links_that_changed(
    next_of: dict[int, int | None], had: int, steps: list[int], at: list[float]
) -> None:
    enrollment = along(11, 12, 21, 22, 31, 32, had=had)
    moved = move(enrollment, linked(next_of), START + had * HOUR)
    assert moved
    assert [step for step, _, _ in planned(moved)] == steps
    assert [hour for _, _, hour in planned(moved)] == at


def written(moved: Move) -> Enrollment:
    """The enrollment after the move, read again."""
    enrollment = moved.enrollment
    rows = [one for one in enrollment.messages if not one.is_open]
    for step_id, position, at, not_before, reason in [
        *((k.step_id, k.position, k.message.scheduled_at, k.message.not_before, k.message.reason)
          for k in moved.kept),
        *((a.step_id, a.position, a.scheduled_at, a.not_before, a.reason) for a in moved.added),
    ]:  # fmt: skip
        rows.append(
            PlannedMessage(
                1000 + position,
                at,
                "pending",
                position,
                0,
                not_before,
                reason,
                None,
                step_id,
                1,
                2,
                step_id - 200,
            )
        )
    rows.sort(key=lambda row: row.position)
    return Enrollment(7, 1, 1, 1, enrollment.is_held, START, enrollment.flying_id, rows)


@st.composite
def plans(draw: st.DrawFn) -> Says:
    texts = draw(st.lists(st.sampled_from("abcdefg"), unique=True, min_size=1, max_size=7))
    gaps = draw(st.lists(st.integers(1, 30), min_size=len(texts), max_size=len(texts)))
    return [(sum(gaps[: k + 1]), text) for k, text in enumerate(texts)]


@given(plans(), plans(), st.data())
def test_whatever_was_changed(before: Says, after: Says, data: st.DataObject) -> None:
    had = data.draw(st.integers(0, len(before)))
    held = data.draw(st.booleans())
    at_h = data.draw(st.integers(0, 240)) if had == 0 else before[had - 1][0] + data.draw(st.integers(0, 100))
    plan = Plan(before, after)
    enrollment = plan.enrollment(had, held=held, later_h=0 if held else data.draw(st.sampled_from([0, 0, 5])))
    now = START + at_h * HOUR
    moved = move(enrollment, plan.versions, now)
    assert moved
    rows = planned(moved)
    # Nothing lost: every row of before is kept or dropped, once.
    reused = [one.message.id for one in moved.kept] + [one.id for one in moved.dropped]
    assert sorted(reused) == [one.id for one in enrollment.messages if one.is_open]
    # The newest steps from one on, each once, in order, at positions that go on; nothing said twice.
    already = passed([t for _, t in before], [t for _, t in after], had) if had else 0
    known = {text for _, text in before[:had]}
    later = list(range(already, len(after)))
    assert [step for step, _, _ in rows] == [201 + k for k in later if after[k][1] not in known]
    assert [position for _, position, _ in rows] == list(range(had + 1, had + 1 + len(rows)))
    assert moved.message_count == had + len(rows)
    # Never in the past but where it was there already, in order, and never nearer than the new distances.
    assert all(one.scheduled_at >= now for one in moved.added)
    times = [at for _, _, at in rows]
    assert times == sorted(times)
    planned_at = [after[step - 201][0] for step, _, _ in rows]
    distances = [b - a for a, b in pairwise(planned_at)]
    assert all(
        late - sooner >= distance - 1e-6
        for (sooner, late), distance in zip(pairwise(times), distances, strict=True)
    )
    # Again, later: nothing is to do.
    assert (
        moved.ends
        or move(
            written(moved),
            ChainVersions(
                plan.versions.newest, {(1, 1): [t for _, t in before], (1, 2): [t for _, t in after]}
            ),
            now + HOUR,
        )
        is None
    )
