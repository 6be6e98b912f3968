"""What the state of an account's sequences forbids, in words with the remedy."""

from collections.abc import Mapping

from gateway.sequences.chain import Link, active_through, circle, unreachable, without_steps
from gateway.sequences.model import Stored
from services.reasons import Reason
from services.runtime.errors import AlreadyExists, FailedPrecondition


def refuse_circle(links: Mapping[int, Link], sequence_id: int) -> None:
    """Raises `FailedPrecondition` when the chain from here leads back here."""
    way = circle(links, sequence_id)
    if way:
        raise circular(way)


def circular(way: str) -> FailedPrecondition:
    """The refusal of a circle; `way` as `cold → warm → cold`."""
    return FailedPrecondition(
        f"sequence.next_sequence: this link would make a circle: {way}; link to a sequence that does not"
        " lead back here, or leave it empty",
        reason=Reason.SEQUENCE_CIRCLE,
        field="sequence.next_sequence",
        path=way,
    )


def taken(slug: str) -> AlreadyExists:
    """The refusal of an id that another sequence has."""
    return AlreadyExists(
        f"sequence_id: sequences/{slug} exists already; choose another id, or update that one",
        field="sequence_id",
        resource=f"sequences/{slug}",
    )


def refuse_silent(stored: Stored) -> None:
    """Raises `FailedPrecondition` for a sequence that listens for no trigger now."""
    if not stored.is_active:
        raise FailedPrecondition(
            f"sequence: {stored.name} is inactive; activate it with ActivateSequence first",
            reason=Reason.SEQUENCE_INACTIVE,
            field="sequence",
        )
    if not stored.draft.trigger:
        raise FailedPrecondition(
            f"sequence: {stored.name} has no trigger and is only reached through a link; run the sequence at"
            " the head of its chain, or set its trigger",
            reason=Reason.SEQUENCE_WITHOUT_TRIGGER,
            field="sequence",
        )


def refuse_inactivatable(links: Mapping[int, Link], sequence_id: int) -> None:
    """Raises `FailedPrecondition` when leads taken in here would find nothing, or none can come."""
    slug = without_steps(links, sequence_id)
    if slug:
        raise _empty(slug)
    if unreachable(links, sequence_id):
        raise FailedPrecondition(
            f"sequences/{links[sequence_id].slug} has no trigger and nothing links to it, so no lead can"
            " reach it; set its trigger, or link to it",
            reason=Reason.SEQUENCE_WITHOUT_TRIGGER,
            field="name",
        )


def refuse_breaking_active(links: Mapping[int, Link], sequence_id: int) -> None:
    """Raises `FailedPrecondition` when a change here would leave an active sequence without steps."""
    for active in active_through(links, sequence_id):
        slug = without_steps(links, active.id)
        if slug:
            raise FailedPrecondition(
                f"sequences/{active.slug} is active and would lead to sequences/{slug}, which would have no"
                " steps; deactivate it first, or give that one steps",
                reason=Reason.SEQUENCE_EMPTY,
                resource=f"sequences/{slug}",
            )


def _empty(slug: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"sequences/{slug} has no steps; add steps to it with UpdateSequence, then activate",
        reason=Reason.SEQUENCE_EMPTY,
        resource=f"sequences/{slug}",
    )
