"""Gives a restored database the words back that journals have kept."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from services.journal.reading import KeptWords
from services.journal.record import Record
from services.restore.store import Held, RestoreStore
from services.runtime.containment import contained

log = logging.getLogger(__name__)

_WORDS = ("stop", "perhaps", "start", "suppress", "confirm", "import", "undo", "refuse", "erase")
Undone = Mapping[tuple[int, str], datetime]
"""Account and `request_id` of the imports that were taken back, and when, in any of the journals."""


def undone(journals: Iterable[KeptWords]) -> Undone:
    """Of journals that are read together: one gateway imports a list, and another takes it back."""
    found: dict[tuple[int, str], datetime] = {}
    for each in (record for kept in journals for record in kept.words if record.kind == "undo"):
        which = each.account_id, each.request_id
        found[which] = max(each.at, found.get(which, each.at))
    return found


async def replay(store: RestoreStore, held: Held, kept: KeptWords, taken_back: Undone | None = None) -> int:
    """How many words the database had forgotten. Safe to repeat; raises as the store does.

    A journal that does not reach back gives back what it has, and does not count as one that was read. One
    that has lost words, or has a word that cannot be given back, keeps sending held.
    `taken_back`: of the journals that are read with this one; its own count anyway.
    """
    new, failed = 0, 0
    for word in _words(kept.words, {**undone([kept]), **(taken_back or {})}):
        with contained(
            "restore.word",
            journal=kept.name,
            kind=word.kind,
            account_id=word.account_id,
            lead_id=word.lead_id,
        ) as ended:
            new += await _given_back(store, word)
        failed += ended.error is not None
    if failed or kept.has_lost_words_since(held.known_until):
        await store.incomplete(held.id, kept.name)
    elif kept.is_whole_since(held.known_until):
        await store.replayed(held.id, kept.name, new)
    log.warning(
        "a journal was read",
        extra={
            "journal": kept.name,
            "words": len(kept.words),
            "forgotten": new,
            "damaged": kept.damaged,
            "failed": failed,
        },
    )
    return new


async def _given_back(store: RestoreStore, word: Record) -> int:
    if word.kind != "erase":
        return await store.replay(word)
    # Who is back gets nothing until somebody erases the person again, which an operator is asked for.
    await store.withhold(word.account_id, word.lead_id)
    return 0


def _words(records: Iterable[Record], taken_back: Undone) -> Iterator[Record]:
    for record in records:
        if record.kind not in _WORDS:
            continue
        undone_at = taken_back.get((record.account_id, record.request_id))
        # An import that was taken back does not come back.
        if record.kind != "import" or undone_at is None or undone_at < record.at:
            yield record
