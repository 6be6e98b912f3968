"""What a file changes: against the gateway's own merge, and through YAML and back."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from gateway.cli.exit_codes import Interrupted
from gateway.cli.sequences.apply import ApplyRun
from gateway.cli.sequences.difference import Change, canonical, difference
from gateway.cli.sequences.display import show_differences
from gateway.cli.sequences.parse import DesiredSequence, read
from gateway.cli.sequences.serialize import as_yaml
from gateway.cli.yaml.reader import Reader
from gateway.sequences.convert import draft_of, listed, merged
from gateway.sequences.model import Draft, Stored
from kompang.v1 import sequences_pb2 as pb
from tests.integration.gateway.mesh import step
from tests.unit.gateway.cli.sequences import files, sequences

_THEN = datetime(2026, 1, 2, tzinfo=UTC)


def kept(draft: Draft, *, active: bool) -> pb.Sequence:
    """As the gateway shows what it keeps."""
    return listed(Stored(1, "cold", draft, active, 1, 1, _THEN, _THEN))


def applied(before: pb.Sequence, desired: DesiredSequence) -> pb.Sequence:
    """What the gateway makes of the difference."""
    found = difference(before, desired)
    request = pb.UpdateSequenceRequest(sequence=desired.sequence, update_mask=FieldMask(paths=found.fields))
    # An empty mask would mean all that is set: without fields nothing is asked.
    draft = merged(draft_of(before), request) if found.fields else draft_of(before)
    was = before.state == pb.Sequence.STATE_ACTIVE
    return kept(draft, active=was if found.active is None else found.active)


@given(sequences(), files())
def test_the_difference_applied_gives_what_the_file_wants_and_leaves_the_rest(before, desired):
    after = applied(before, desired)
    assert difference(after, desired).is_empty
    was, becomes = canonical(before), canonical(after)
    if not becomes.steps:
        # What a sequence says otherwise stands in its steps, and goes with them.
        was.ClearField("greetings")
        was.ClearField("variation")
    for name in {field.name for field in pb.Sequence.DESCRIPTOR.fields} - {
        "state", "revision", "etag", "create_time", "update_time",
    }:  # fmt: skip
        source = desired.sequence if name in desired.fields else was
        assert getattr(becomes, name) == getattr(canonical(source), name), name
    assert desired.active in (None, becomes.state == pb.Sequence.STATE_ACTIVE)


@given(sequences())
def test_what_is_written_as_yaml_changes_nothing(before):
    [desired] = read(Reader("plan.yaml", as_yaml([before])))
    assert difference(before, desired).changes == ()
    # And all of it is written: on an empty account the file makes the same sequence.
    fresh = kept(draft_of(desired.sequence), active=bool(desired.active))
    assert difference(fresh, desired).is_empty
    assert canonical(fresh).steps == canonical(before).steps
    assert canonical(fresh).greetings == canonical(before).greetings


@given(sequences(), st.data())
def test_one_changed_value_is_one_change(before, data):
    [desired] = read(Reader("plan.yaml", as_yaml([before])))
    trigger = data.draw(st.sampled_from(["WARM", "HOT"]))
    desired.sequence.trigger = trigger
    desired = replace(desired, fields=tuple(dict.fromkeys([*desired.fields, "trigger"])))
    assert difference(before, desired).changes == (Change("trigger", before.trigger or None, trigger),)
    assert difference(before, desired).fields == ("trigger",)


def test_a_step_that_moves_is_not_a_new_one():
    before = pb.Sequence(steps=[step("a", 0), step("b", 60), step("c", 120)])
    after = pb.Sequence(steps=[step("new", 0), step("a", 30), step("c changed", 120)])
    found = difference(before, DesiredSequence("cold", after, ("steps",)))
    assert found.changes == (
        Change("steps[0].offset", None, "0"),
        Change("steps[0].text", None, "new"),
        Change("steps[1].offset", "0", "30s"),
        Change("steps[2].offset", "1m", "2m"),
        Change("steps[2].text", "b", "c changed"),
        Change("steps[2].text", "c", None),
    )


def test_set_and_empty_greetings_are_not_the_accounts(tmp_path: Path):
    before = pb.Sequence(steps=[step("a", 0)])
    [nothing] = read(Reader("f", "sequences: [{name: cold, greetings: []}]"))
    [as_account] = read(Reader("f", "sequences: [{name: cold, greetings: null}]"))
    assert difference(before, nothing).fields == ("greetings",)
    assert difference(before, as_account).is_empty
    before.greetings.SetInParent()
    assert difference(before, nothing).is_empty
    assert difference(before, as_account).fields == ("greetings",)


def test_a_new_sequence_shows_what_is_not_the_default():
    [desired] = read(Reader("f", "sequences: [{name: cold, on_reply: stop, on_unknown: resend, steps: []}]"))
    found = difference(None, desired)
    assert (found.action, found.is_empty) == ("create", False)
    assert found.changes == (Change("on_unknown", "hold", "resend"),)


def test_greetings_that_change_are_told_as_such_and_not_below_the_step_before():
    [desired] = read(
        Reader("f", "sequences: [{name: cold, steps: [], greetings: [{text: Hi}, {text: Hey}]}]")
    )
    out = StringIO()
    show_differences(Console(file=out, width=100), [difference(pb.Sequence(steps=[step("a", 0)]), desired)])
    told = [line.strip() for line in out.getvalue().splitlines()]
    assert told == ["~ sequences/cold changes", "step 1 is removed", "- a", "greetings:", "+ Hi", "+ Hey"]


class Interrupting:
    """A client whose user presses Ctrl-C while the second change is under way."""

    def __init__(self) -> None:
        self.sequences = self
        self.asked: list[str] = []

    def __getattr__(self, method: str) -> str:
        return method

    async def call(self, method: str, request: object) -> pb.Sequence:
        self.asked.append(method)
        if len(self.asked) > 1:
            raise asyncio.CancelledError
        return pb.Sequence()


async def test_ctrl_c_is_told_with_what_is_done_and_what_is_not():
    desired = read(Reader("f", "sequences: [{name: a, active: true}, {name: b}, {name: c}]"))
    was = pb.Sequence(state=pb.Sequence.STATE_ACTIVE)
    same = difference(was, desired[0])
    apply_run = ApplyRun([same, difference(None, desired[1]), difference(None, desired[2])])
    with pytest.raises(Interrupted):
        await apply_run.run(Interrupting())  # type: ignore[arg-type]
    assert [apply_run.result(each) for each in apply_run.differences] == ["unchanged", "applied", "failed"]
