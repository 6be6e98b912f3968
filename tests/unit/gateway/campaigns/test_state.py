"""The diagram, the table and the database name the same states."""

import re
import textwrap
from pathlib import Path

import services.schema
from gateway.campaigns import state
from gateway.campaigns.state import STEPS, State, Step, after
from gateway.explain.guards import NOT_RUNNING

MIGRATIONS = Path(services.schema.__file__).parent / "migrations"


def test_the_states_are_those_of_the_database() -> None:
    sql = "".join(path.read_text() for path in sorted(MIGRATIONS.glob("*.sql")))
    declared = re.findall(
        r"ADD CONSTRAINT campaign_state_check CHECK \(\s*state IN \((.*?)\)", sql, re.DOTALL
    )
    assert re.findall(r"'(\w+)'", declared[-1]) == [member.value for member in State]


def test_every_state_and_step_stands_in_the_diagram() -> None:
    assert set(STEPS) == set(Step)
    for member in (*State, *(step for step in Step if step is not Step.LAUNCH)):
        assert member.value in (state.__doc__ or "")


def test_the_document_has_the_diagram_of_the_code() -> None:
    text = (Path(__file__).parents[4] / "docs" / "campaigns.md").read_text()
    shown = textwrap.dedent(text.split("```\n")[1]).strip()
    assert shown == textwrap.dedent((state.__doc__ or "").split("\n\n")[1]).strip()


def test_every_state_but_running_says_what_a_message_waits_for() -> None:
    assert set(NOT_RUNNING) == set(State) - {State.RUNNING}


def test_cancelled_is_final_and_finished_is_left_by_a_retry_only() -> None:
    out = {(old, step) for step, pairs in STEPS.items() for old in pairs}
    assert {step for old, step in out if old is State.CANCELLED} == set()
    assert {step for old, step in out if old is State.FINISHED} == {Step.RETRY}
    assert {step for old, step in out if old is State.DRAFT} == {Step.LAUNCH, Step.SCHEDULE}


def test_everything_launched_can_be_cancelled_until_it_ends() -> None:
    ends = {State.DRAFT, State.FINISHED}
    assert {old for old in State if after(old, Step.CANCEL) is State.CANCELLED} == set(State) - ends


def test_every_state_is_reached_from_a_draft() -> None:
    reached, frontier = set(), {State.DRAFT}
    while frontier:
        reached |= frontier
        frontier = {
            new for pairs in STEPS.values() for old, new in pairs.items() if old in frontier
        } - reached
    assert reached == set(State)


def test_a_repeated_step_changes_nothing() -> None:
    assert after(State.PAUSED, Step.PAUSE) is State.PAUSED
    assert after(State.RUNNING, Step.RESUME) is State.RUNNING
    assert after(State.CANCELLED, Step.CANCEL) is State.CANCELLED
    assert after(State.RUNNING, Step.LAUNCH) is None
