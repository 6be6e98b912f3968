"""Pure: what a file would change of a sequence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from gateway.cli.durations import format_duration
from gateway.cli.sequences.parse import ENUMS, DesiredSequence
from gateway.cli.yaml import greetings
from gateway.cli.yaml.words import word_of
from kompang.v1 import sequences_pb2 as pb
from kompang.v1 import wording_pb2
from kompang.v1.messages_pb2 import OnUnknown


@dataclass(frozen=True)
class Change:
    """One value; None where there is none, before or after. Steps are counted from 0, as in the API."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Difference:
    """The changes of one sequence; `fields` are to be written, `active` is None where it does not change."""

    desired: DesiredSequence
    before: pb.Sequence | None
    changes: tuple[Change, ...] = ()
    fields: tuple[str, ...] = ()
    active: bool | None = None

    @property
    def slug(self) -> str:
        """The slug of the sequence."""
        return self.desired.slug

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to change."""
        return self.before is not None and not self.changes

    @property
    def action(self) -> str:
        """The action in one word."""
        if self.before is None:
            return "create"
        return "update" if self.changes else "unchanged"


def difference(before: pb.Sequence | None, desired: DesiredSequence) -> Difference:
    """Compares the fields that the file mentions, and no others."""
    was, becomes = canonical(before or pb.Sequence()), canonical(desired.sequence)
    changes: list[Change] = []
    fields: list[str] = []
    for name in desired.fields:
        found = list(_changes(name, was, becomes))
        changes += found
        fields += [name] * bool(found)
    was_active = was.state == pb.Sequence.STATE_ACTIVE
    active = desired.active if desired.active is not None and desired.active != was_active else None
    if active is not None:
        changes.append(Change("active", str(was_active).lower(), str(active).lower()))
    return Difference(desired, before, tuple(changes), tuple(fields), active)


# What the gateway says of a step beside what its author wrote.
_ADDED = ("warnings", "sent_count", "delivered_count", "read_count")


def canonical(given: pb.Sequence) -> pb.Sequence:
    """With the defaults filled in that the gateway fills in, and without its warnings and counts."""
    made = pb.Sequence()
    made.CopyFrom(given)
    made.on_reply = made.on_reply or pb.OnReply.ON_REPLY_STOP
    made.on_reenter = made.on_reenter or pb.OnReenter.ON_REENTER_NEVER
    made.on_unknown = made.on_unknown or OnUnknown.ON_UNKNOWN_HOLD
    for step in made.steps:
        for name in _ADDED:
            step.ClearField(name)
    for greeting in made.greetings.greetings if made.HasField("greetings") else ():
        del greeting.warnings[:]
    return made


def value(sequence: pb.Sequence, name: str) -> str | None:
    """A field of a canonical sequence, but its steps, as the file writes it; None for what is not set."""
    if name in ENUMS:
        return word_of(ENUMS[name], getattr(sequence, name)) or None
    if name == "greetings":
        return _greetings(sequence.greetings) if sequence.HasField("greetings") else None
    text = str(getattr(sequence, name))
    return (text.removeprefix("sequences/") if name == "next_sequence" else text) or None


def _greetings(given: wording_pb2.Greetings) -> str:
    return "\n".join(_greeting(each) for each in greetings.as_tree(given)) or "none"


def _greeting(each: dict[str, object]) -> str:
    more = ", ".join(f"{key} {word}" for key, word in each.items() if key != "text")
    return f"{each['text']}  ({more})" if more else str(each["text"])


def _changes(name: str, was: pb.Sequence, becomes: pb.Sequence) -> Iterator[Change]:
    if name == "steps":
        yield from _steps(was.steps, becomes.steps)
        return
    before, after = value(was, name), value(becomes, name)
    if name == "greetings":
        is_same = was.HasField(name) == becomes.HasField(name) and was.greetings == becomes.greetings
    else:
        is_same = before == after
    if not is_same:
        yield Change({"next_sequence": "next"}.get(name, name), before, after)


def _steps(was: Sequence[pb.Step], becomes: Sequence[pb.Step]) -> Iterator[Change]:
    """Steps with the same text are the same step, wherever they stand now."""
    matcher = SequenceMatcher(
        None, [step.text for step in was], [step.text for step in becomes], autojunk=False
    )
    for _, first, last, start, end in matcher.get_opcodes():
        paired = min(last - first, end - start)
        for index in range(paired):
            yield from _step(start + index, was[first + index], becomes[start + index])
        for index in range(first + paired, last):
            yield Change(f"steps[{index}].text", was[index].text, None)
        for index in range(start + paired, end):
            yield from _step(index, None, becomes[index])


def _step(index: int, was: pb.Step | None, becomes: pb.Step) -> Iterator[Change]:
    before = None if was is None else format_duration(was.offset.ToTimedelta())
    after = format_duration(becomes.offset.ToTimedelta())
    if before != after:
        yield Change(f"steps[{index}].offset", before, after)
    if was is None or was.text != becomes.text:
        yield Change(f"steps[{index}].text", None if was is None else was.text, becomes.text)
