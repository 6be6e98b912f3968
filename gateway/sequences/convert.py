"""A sequence between the public API and how it is kept."""

from dataclasses import replace

from gateway import names, wire
from gateway.sequences.check import masked
from gateway.sequences.store import Draft, Step, Stored
from gateway.wording.convert import greetings_of, greetings_shown, variation_of, variation_shown, warnings
from kompang.v1 import sequences_pb2 as pb
from kompang.v1.messages_pb2 import OnUnknown
from services.runtime.errors import InvalidArgument, Violation

# What is kept with the steps.
_WITH_STEPS = ("greetings", "variation")


def to_proto(stored: Stored) -> pb.Sequence:
    """A stored sequence as the public API shows it, with the warnings of its texts."""
    shown = listed(stored)
    for step in shown.steps:
        step.warnings.extend(warnings(step.text))
    for greeting in shown.greetings.greetings:
        greeting.warnings.extend(warnings(greeting.text))
    return shown


def listed(stored: Stored) -> pb.Sequence:
    """As lists have it: the warnings of a thousand sequences would take minutes."""
    draft = stored.draft
    return pb.Sequence(
        name=f"sequences/{stored.slug}",
        display_name=draft.display_name,
        trigger=draft.trigger,
        steps=[pb.Step(text=step.text, offset=wire.duration(step.offset)) for step in draft.steps],
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


def etag(stored: Stored) -> str:
    """Changes with every change."""
    return f"{stored.id:x}-{stored.version:x}"


def draft_of(sequence: pb.Sequence) -> Draft:
    """A sequence to create. Raises `InvalidArgument` for what only steps can keep."""
    if not sequence.steps:
        _refuse_unkept(sequence, frozenset(_WITH_STEPS))
    return _draft(sequence)


def merged(before: Draft, request: pb.UpdateSequenceRequest) -> Draft:
    """What an update asks for. Raises `InvalidArgument` for what only steps can keep."""
    given, fields = _draft(request.sequence), masked(request)
    steps = given.steps if "steps" in fields else before.steps
    if not steps:
        _refuse_unkept(request.sequence, fields)
        before = replace(before, greetings=None, variation=None)
    return Draft(
        display_name=given.display_name if "display_name" in fields else before.display_name,
        trigger=given.trigger if "trigger" in fields else before.trigger,
        next_slug=given.next_slug if "next_sequence" in fields else before.next_slug,
        steps=steps,
        on_unknown=given.on_unknown if "on_unknown" in fields else before.on_unknown,
        greetings=given.greetings if "greetings" in fields else before.greetings,
        variation=given.variation if "variation" in fields else before.variation,
        on_reply=given.on_reply if "on_reply" in fields else before.on_reply,
        on_reenter=given.on_reenter if "on_reenter" in fields else before.on_reenter,
    )


def _draft(sequence: pb.Sequence) -> Draft:
    return Draft(
        display_name=sequence.display_name,
        trigger=sequence.trigger,
        next_slug=names.slug(sequence.next_sequence),
        steps=tuple(Step(step.text, step.offset.ToTimedelta()) for step in sequence.steps),
        on_unknown=_policy(sequence.on_unknown),
        greetings=greetings_of(sequence.greetings) if sequence.HasField("greetings") else None,
        variation=variation_of(sequence.variation),
        on_reply=_on_reply(sequence.on_reply),
        on_reenter=_on_reenter(sequence.on_reenter),
    )


def _refuse_unkept(sequence: pb.Sequence, fields: frozenset[str]) -> None:
    text = "is kept with the steps, and this sequence has none; add a step, or leave it unset"
    given = {field.name for field, _ in sequence.ListFields()} & fields
    unkept = [Violation(f"sequence.{name}", text) for name in _WITH_STEPS if name in given]
    if unkept:
        raise InvalidArgument(unkept)


def _on_reply(wanted: pb.OnReply) -> str:
    """Nothing said is `stop`."""
    if wanted == pb.OnReply.ON_REPLY_UNSPECIFIED:
        return "stop"
    return pb.OnReply.Name(wanted).removeprefix("ON_REPLY_").lower()


def _on_reenter(wanted: pb.OnReenter) -> str:
    """Nothing said is `never`."""
    if wanted == pb.OnReenter.ON_REENTER_UNSPECIFIED:
        return "never"
    return pb.OnReenter.Name(wanted).removeprefix("ON_REENTER_").lower()


def _policy(wanted: OnUnknown) -> str:
    """`ON_UNKNOWN_GIVE_UP` here is `give_up` in the database; nothing said is `hold`."""
    if wanted == OnUnknown.ON_UNKNOWN_UNSPECIFIED:
        return "hold"
    return OnUnknown.Name(wanted).removeprefix("ON_UNKNOWN_").lower()
