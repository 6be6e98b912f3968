"""The machine of one shard: the rows of its table, and every state it can reach."""

from collections import deque
from dataclasses import replace

import pytest

from shardhost.claims import events as e
from shardhost.claims.shard import NEVER, Action, ClaimTimeouts, Shard, Stage
from shardhost.claims.state import step

TIMEOUTS = ClaimTimeouts(retry=1.0, drain=5.0)
LEASED = Shard(Stage.LEASED, placed=True, session=True, attached=True, locked=True, claimed=True, epoch=7)


def run(shard: Shard, *happened: e.Event, now: float = 100.0) -> tuple[Shard, list[Action]]:
    done: list[Action] = []
    for event in happened:
        shard, actions = step(shard, event, now, TIMEOUTS)
        done += actions
    return shard, done


def test_a_shard_that_is_placed_is_locked_claimed_and_served() -> None:
    begun = Shard(session=True, attached=True)
    shard, actions = run(begun, e.Placed(), e.Locked(7), e.Granted(7))
    assert actions == [Action.LOCK, Action.CLAIM, Action.SERVE]
    assert shard == LEASED


def test_a_shard_that_is_displaced_is_drained_released_and_unlocked() -> None:
    shard, actions = run(LEASED, e.Displaced(), e.Idle(), e.Released(7), e.Unlocked())
    assert actions == [Action.DRAIN, Action.RELEASE, Action.REVOKE, Action.UNLOCK]
    assert shard.stage is Stage.AWAY
    assert not shard.claimed
    assert not shard.locked


def test_a_lock_held_by_another_is_asked_for_again_when_its_time_has_come() -> None:
    shard, _ = run(Shard(session=True), e.Placed(), e.LockRefused())
    assert shard.due == 101.0
    assert run(shard, e.Tick(), now=100.9)[1] == []
    assert run(shard, e.Tick(), now=101.0)[1] == [Action.LOCK]


def test_a_lock_that_falls_free_is_asked_for_at_once_and_only_once() -> None:
    shard, _ = run(Shard(session=True), e.Placed(), e.LockRefused())
    shard, actions = run(shard, e.LockFree(), e.LockFree())
    assert actions == [Action.LOCK]
    assert run(shard, e.LockRefused())[0].due == 101.0
    assert run(LEASED, e.LockFree()) == (LEASED, [])


def test_a_lease_held_by_another_is_asked_for_again_when_its_time_has_come() -> None:
    shard, _ = run(replace(LEASED, stage=Stage.CLAIMING, asked=True), e.Held(7, 2.5))
    assert shard.due == 102.5
    assert run(shard, e.Tick(), now=102.5)[1] == [Action.CLAIM]


@pytest.mark.parametrize("stage", [Stage.LEASED, Stage.CLAIMING, Stage.DRAINING])
def test_a_lease_that_seemed_held_by_another_is_given_back_before_the_lock(stage: Stage) -> None:
    # An earlier claim of this host was granted after its stream had ended, while the claim of the next stream
    # waited for the row and was refused.
    shard, actions = run(replace(LEASED, stage=stage, asked=True), e.Held(7, 2.5), e.Displaced(), e.Idle())
    assert Action.UNLOCK not in actions
    assert actions[-1] is Action.RELEASE
    assert run(shard, e.Released(7))[1] == [Action.REVOKE, Action.UNLOCK]


def test_a_late_answer_to_a_claim_does_not_stand_for_the_answer_to_the_release() -> None:
    releasing = replace(LEASED, stage=Stage.RELEASING, asked=True)
    assert run(releasing, e.Held(7, 2.5)) == (releasing, [])


def test_a_stale_epoch_starts_over() -> None:
    shard, actions = run(LEASED, e.Stale(7), e.Unlocked())
    assert actions == [Action.REVOKE, Action.UNLOCK]
    shard, actions = run(shard, e.Tick(), e.Locked(9), now=101.0)
    assert actions == [Action.LOCK, Action.CLAIM]
    assert shard.epoch == 9


def test_answers_to_another_epoch_change_nothing() -> None:
    for event in (e.Granted(6), e.Held(6, 1), e.Stale(6), e.Released(6)):
        assert run(LEASED, event) == (LEASED, [])


def test_a_broken_stream_keeps_the_lease_and_the_next_one_claims_it_again() -> None:
    shard, actions = run(LEASED, e.Detached())
    assert (shard.stage, actions) == (Stage.LEASED, [])
    shard, actions = run(shard, e.Attached(), e.Granted(7))
    assert (shard.stage, actions) == (Stage.LEASED, [Action.CLAIM, Action.SERVE])


def test_a_lapsed_term_suspends_and_claims_again_under_the_same_lock() -> None:
    shard, actions = run(LEASED, e.Detached(), e.Lapsed(), e.Attached(), e.Granted(7))
    assert actions == [Action.SUSPEND, Action.CLAIM, Action.SERVE]
    assert shard.stage is Stage.LEASED


def test_after_a_lapse_nothing_in_hand_goes_without_a_new_lease() -> None:
    _, actions = run(LEASED, e.Detached(), e.Lapsed(), e.Attached(), e.Displaced())
    assert actions == [Action.SUSPEND, Action.CLAIM, Action.HALT]


def test_a_lost_session_halts_gives_the_lease_back_and_starts_over_in_the_next() -> None:
    shard, actions = run(LEASED, e.SessionLost(), e.Idle(), e.Released(7))
    assert actions == [Action.HALT, Action.RELEASE, Action.REVOKE]
    assert shard.stage is Stage.LOCKING
    assert run(shard, e.SessionOpened())[1] == [Action.LOCK]


def test_a_drain_that_lasts_too_long_is_cut() -> None:
    shard, _ = run(LEASED, e.Displaced())
    assert run(shard, e.Tick(), now=104.9)[1] == []
    shard, actions = run(shard, e.Tick(), now=105.0)
    assert actions == [Action.CUT]
    assert shard.due == NEVER


def test_a_revoked_lease_is_halted_at_once_and_given_back_when_idle() -> None:
    shard, actions = run(LEASED, e.Revoked())
    assert actions == [Action.HALT]
    assert run(shard, e.Idle())[1] == [Action.RELEASE]


def test_a_lock_won_after_the_shard_went_elsewhere_is_given_back() -> None:
    shard, _ = run(Shard(session=True), e.Placed(), e.Displaced(), e.Locked(3))
    assert shard.stage is Stage.UNLOCKING


def test_a_lock_that_may_have_been_won_is_given_back() -> None:
    _, actions = run(Shard(session=True), e.Placed(), e.LockRefused(uncertain=True), e.Displaced())
    assert actions == [Action.LOCK, Action.UNLOCK]


# Every state that any order of events can reach, with two epochs.

EVENTS: tuple[e.Event, ...] = (
    e.Placed(), e.Displaced(), e.SessionOpened(), e.SessionLost(), e.Locked(1), e.Locked(2),
    e.LockRefused(), e.LockRefused(uncertain=True), e.Unlocked(), e.UnlockFailed(), e.Attached(),
    e.Detached(), e.Granted(1), e.Granted(2), e.Held(1, 1.0), e.Held(2, 1.0), e.Stale(1), e.Stale(2),
    e.Released(1), e.Released(2), e.Revoked(), e.Lapsed(), e.Idle(), e.Tick(),
)  # fmt: skip


def possible(shard: Shard, event: e.Event) -> bool:
    """What the controller cannot be told in this state."""
    match event:
        case e.Locked(epoch):
            return shard.stage is Stage.LOCKING and shard.asked and shard.session and epoch > shard.epoch
        case e.LockRefused():
            return shard.stage is Stage.LOCKING and shard.asked and shard.session
        case e.Unlocked() | e.UnlockFailed():
            return shard.stage is Stage.UNLOCKING and shard.asked and shard.session
        case e.Granted() | e.Held() | e.Stale() | e.Released() | e.Revoked():
            return shard.attached
    return True


def normal(shard: Shard) -> Shard:
    """Only whether it is due matters, not when."""
    return shard if shard.due == NEVER else replace(shard, due=0.0)


def reachable() -> dict[Shard, list[tuple[e.Event, Shard, tuple[Action, ...]]]]:
    graph: dict[Shard, list[tuple[e.Event, Shard, tuple[Action, ...]]]] = {}
    queue = deque([Shard()])
    while queue:
        shard = queue.popleft()
        if shard in graph:
            continue
        graph[shard] = []
        for event in EVENTS:
            if not possible(shard, event):
                continue
            after, actions = step(shard, event, 0.0, TIMEOUTS)
            graph[shard].append((event, normal(after), actions))
            queue.append(normal(after))
    return graph


GRAPH = reachable()
STEPS = [(before, event, after, actions) for before, row in GRAPH.items() for event, after, actions in row]
PARTING = {Action.DRAIN, Action.HALT, Action.CUT, Action.SUSPEND, Action.REVOKE}


def test_all_stages_are_reached() -> None:
    assert {shard.stage for shard in GRAPH} == set(Stage)
    assert len(GRAPH) > 100


def test_only_a_grant_of_the_newest_epoch_leads_to_serving() -> None:
    for before, event, after, actions in STEPS:
        if Action.SERVE in actions:
            assert event == e.Granted(before.epoch)
            assert after.stage is Stage.LEASED
        if after.stage is Stage.LEASED and before.stage is not Stage.LEASED:
            assert Action.SERVE in actions


def test_who_stops_being_leased_stops_sending_or_drains() -> None:
    for before, _, after, actions in STEPS:
        if before.stage is Stage.LEASED and after.stage is not Stage.LEASED:
            assert PARTING & set(actions)


def test_a_term_that_is_over_lets_no_stage_serve() -> None:
    for before, event, after, actions in STEPS:
        if isinstance(event, e.Lapsed) and before.stage in (Stage.LEASED, Stage.CLAIMING, Stage.DRAINING):
            assert {Action.SUSPEND, Action.HALT} & set(actions)
            assert after.stage is not Stage.LEASED


def test_the_lock_is_never_given_back_while_the_lease_may_be_ours() -> None:
    for before, event, after, actions in STEPS:
        if Action.UNLOCK in actions:
            assert not after.claimed
        # It stops being claimed only by dispatch's own word, and not because the lease seems to be another's.
        if before.claimed and not after.claimed:
            assert isinstance(event, e.Released | e.Stale)
            assert before.attached


def test_a_lease_is_released_only_when_idle() -> None:
    for before, event, _, actions in STEPS:
        if Action.RELEASE in actions:
            assert isinstance(event, e.Idle) or before.stage is Stage.RELEASING


def test_nothing_is_asked_of_dispatch_without_a_stream_nor_of_consul_without_a_session() -> None:
    for _, _, after, actions in STEPS:
        if {Action.CLAIM, Action.RELEASE} & set(actions):
            assert after.attached
        if {Action.LOCK, Action.UNLOCK} & set(actions):
            assert after.session


def kind_answer(shard: Shard) -> e.Event:  # noqa: PLR0911 - a row a stage
    """What a world in which everything works says next."""
    if not shard.session:
        return e.SessionOpened()
    if not shard.attached:
        return e.Attached()
    match shard.stage:
        case Stage.LOCKING:
            return e.Locked(shard.epoch + 1) if shard.asked else e.Tick()
        case Stage.CLAIMING:
            return e.Granted(shard.epoch) if shard.asked else e.Tick()
        case Stage.DRAINING:
            return e.Idle()
        case Stage.RELEASING:
            return e.Released(shard.epoch)
        case Stage.UNLOCKING:
            return e.Unlocked() if shard.asked else e.Tick()
    raise AssertionError(shard)


@pytest.mark.parametrize("placed", [True, False])
def test_a_shard_reaches_its_lease_from_any_stage_when_placed_and_goes_when_displaced(placed: bool) -> None:
    for start in GRAPH:
        shard, _ = step(start, e.Placed() if placed else e.Displaced(), 1e6, TIMEOUTS)
        goal = Stage.LEASED if placed else Stage.AWAY
        for moment in range(12):
            if shard.stage is goal and ((shard.session and shard.attached) or not placed):
                break
            shard, _ = step(shard, kind_answer(shard), 1e6 + 10 * (moment + 1), TIMEOUTS)
        assert shard.stage is goal, start
