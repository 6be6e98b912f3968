"""Guards as the public API shows them, summed up."""

from datetime import datetime

from gateway import names, wire
from gateway.explain.guard import BLOCKS, PASSES, Guard
from gateway.explain.guards import guards
from gateway.explain.lead_guards import lead_guards
from gateway.explain.store import ExplainStore, Facts
from gateway.unreadable import readable
from kompang.v1 import explain_pb2 as pb


class Explanations:
    """Raises `NotFound`, and what `Postgres` raises."""

    def __init__(self, store: ExplainStore) -> None:
        self._store = store

    async def message(self, account_id: int, name: str) -> pb.MessageExplanation:
        """Explains why a message was sent, was not sent, or is not sent yet."""
        with readable(name):
            facts = await self._store.facts(account_id, names.number(name))
            if facts is None:
                raise names.missing(name)
            return explained(facts)

    async def lead(self, account_id: int, name: str) -> pb.LeadExplanation:
        """Explains why a person gets messages, or gets none."""
        with readable(name):
            found = await self._store.lead(account_id, names.number(name))
            if found is None:
                raise names.missing(name)
            following = await self._store.facts(account_id, found.next_id) if found.next_id else None
            return pb.LeadExplanation(
                lead=f"leads/{found.id}",
                guards=map(_shown, lead_guards(found)),
                next=explained(following) if following is not None else None,
            )


def explained(facts: Facts) -> pb.MessageExplanation:
    """Returns every guard of one message, and what follows from them."""
    found = guards(facts)
    return pb.MessageExplanation(
        message=f"messages/{facts.id}",
        summary=_summary(found),
        guards=map(_shown, found),
        pass_time=wire.timestamp(_passes_at(found, facts.at)),
    )


def _summary(found: list[Guard]) -> str:
    if found[0].verdict == BLOCKS:
        return found[0].detail
    blocking = [guard for guard in found if guard.verdict == BLOCKS]
    if not blocking:
        return "is sent as soon as its device can take it"
    stuck = [guard for guard in blocking if guard.passes_at is None]
    shown = stuck or [max(blocking, key=_end)]
    return "is not sent yet: " + "; ".join(guard.detail for guard in shown)


def _passes_at(found: list[Guard], at: datetime) -> datetime | None:
    """Returns the latest time at which a guard passes; None when one of them does not pass by itself."""
    waiting = [guard for guard in found if guard.verdict != PASSES]
    if any(guard.passes_at is None for guard in waiting):
        return None
    return max([at, *map(_end, waiting)])


def _end(guard: Guard) -> datetime:
    assert guard.passes_at is not None  # noqa: S101 - its callers looked
    return guard.passes_at


def _shown(guard: Guard) -> pb.Guard:
    return pb.Guard(
        type=guard.type,
        verdict=guard.verdict,
        detail=guard.detail,
        pass_time=wire.timestamp(guard.passes_at),
    )
