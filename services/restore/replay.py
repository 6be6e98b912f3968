"""Gives a restored database the words back that journals have kept."""

import logging
from collections.abc import Iterable, Iterator

from services.journal.reading import KeptWords
from services.journal.record import Record
from services.restore.store import Held, RestoreStore

log = logging.getLogger(__name__)


async def replay(store: RestoreStore, held: Held, kept: KeptWords) -> int:
    """How many words the database had forgotten. Safe to repeat; raises as the store does.

    A journal that does not reach back gives back what it has, and does not count as one that was read.
    """
    new = await store.replay(_words(kept.words))
    if kept.is_whole_since(held.known_until):
        await store.replayed(held.id, kept.name, new)
    log.warning(
        "a journal was read",
        extra={"journal": kept.name, "words": len(kept.words), "forgotten": new, "damaged": kept.damaged},
    )
    return new


def _words(records: Iterable[Record]) -> Iterator[Record]:
    return (record for record in records if record.kind in ("stop", "perhaps", "start", "suppress"))
