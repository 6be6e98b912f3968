"""A sequence between the public API and how it is kept."""

from dataclasses import replace

from gateway import names, wire
from gateway.resource import etag
from gateway.sequences.check import MASK
from gateway.sequences.model import Counts, Draft, Step, Stored
from gateway.unreadable import of_row
from gateway.wording.convert import greetings_of, greetings_shown, variation_of, variation_shown, warnings
from kompang.v1 import sequences_pb2 as pb
from kompang.v1.messages_pb2 import OnUnknown
from services.runtime.errors import InvalidArgument, Violation

# What is kept with the steps.
_WITH_STEPS = ("greetings", "variation")


@of_row(lambda stored: stored.name)
def to_proto(stored: Stored) -> pb.Sequence:
    """A stored sequence as the public API shows it, with the warnings of its texts."""
    shown = listed(stored)
    for step in shown.steps:
        step.warnings.extend(warnings(step.text))
    for greeting in shown.greetings.greetings:
        greeting.warnings.extend(warnings(greeting.text))
    return shown


@of_row(lambda stored: stored.name)
def listed(stored: Stored) -> pb.Sequence:
    """As lists have it: the warnings of a thousand sequences would take minutes."""
    draft = stored.draft
    counts = stored.counts or [Counts()] * len(draft.steps)
    return pb.Sequence(
        name=stored.name,
        display_name=draft.display_name,
        trigger=draft.trigger,
        steps=[_step(*each) for each in zip(draft.steps, counts, strict=True)],
        next_sequence=f"sequences/{draft.next_slug}" if draft.next_slug else "",
        state=pb.Sequence.STATE_ACTIVE if stored.is_active else pb.Sequence.STATE_INACTIVE,
        revision=stored.revision,
        etag=etag(stored),
        create_time=wire.timestamp(stored.created_at),
        update_time=wire.timestamp(stored.updated_at),
        on_unknown=f"ON_UNKNOWN_{draft.on_unknown.upper()}",
        greetings=None if draft.greetings is None else greetings_shown(draft.greetings, warned=False),
        variation=variation_shown(draft.variation),
        on_reply=f"ON_REPLY_{draft.on_reply.upper()}",
        on_reenter=f"ON_REENTER_{draft.on_reenter.upper()}",
    )


def _step(step: Step, counts: Counts) -> pb.Step:
    return pb.Step(
        text=step.text,
        offset=wire.duration(step.offset),
        sent_count=counts.sent,
        delivered_count=counts.delivered,
        read_count=counts.read,
    )


def draft_of(sequence: pb.Sequence) -> Draft:
    """A sequence to create. Raises `InvalidArgument` for what only steps can keep."""
    if not sequence.steps:
        _refuse_unkept(sequence, frozenset(_WITH_STEPS))
    return _draft(sequence)


def merged(before: Draft, request: pb.UpdateSequenceRequest) -> Draft:
    """The draft that an update asks for. Raises `InvalidArgument` for what only steps can keep."""
    named = MASK.named(request.update_mask.paths, request.sequence)
    draft = MASK.merged(before, _draft(request.sequence), named)
    if draft.steps:
        return draft
    _refuse_unkept(request.sequence, named)
    return replace(draft, greetings=None, variation=None)


def _draft(sequence: pb.Sequence) -> Draft:
    return Draft(
        display_name=sequence.display_name,
        trigger=sequence.trigger,
        next_slug=names.slug(sequence.next_sequence),
        steps=tuple(Step(step.text, step.offset.ToTimedelta()) for step in sequence.steps),
        on_unknown=wire.word(OnUnknown, sequence.on_unknown, "hold"),
        greetings=greetings_of(sequence.greetings) if sequence.HasField("greetings") else None,
        variation=variation_of(sequence.variation),
        on_reply=wire.word(pb.OnReply, sequence.on_reply, "stop"),
        on_reenter=wire.word(pb.OnReenter, sequence.on_reenter, "never"),
    )


def _refuse_unkept(sequence: pb.Sequence, fields: frozenset[str]) -> None:
    text = "is kept with the steps, and this sequence has none; add a step, or leave it unset"
    given = {field.name for field, _ in sequence.ListFields()} & fields
    unkept = [Violation(f"sequence.{name}", text) for name in _WITH_STEPS if name in given]
    if unkept:
        raise InvalidArgument(unkept)
