"""Restores: what a replica does when the database was restored, and once only."""

from datetime import UTC, datetime

from services.dispatch.restores import Restores
from services.journal.journal import Journal
from services.journal.record import Record
from services.restore.store import Fence, Held, Notice
from services.runtime import containment

AT = datetime(2026, 11, 30, tzinfo=UTC)


class Store:
    """Held by a restore that is not settled."""

    def __init__(self) -> None:
        self.settled: list[int] = []
        self.words: list[Record] = []
        self.read: dict[str, int] = {}
        self.lost: list[str] = []
        self.withheld: list[int] = []

    async def beat(self, fence: Fence) -> Notice:
        return Notice(AT, is_held=True, is_settled=bool(self.settled), is_news=False)

    async def held(self) -> Held:
        return Held(1, datetime.now(UTC), AT, AT if self.settled else None, self.read)

    async def settle(self, lock_epoch: int) -> None:
        self.settled.append(lock_epoch)

    async def replay(self, word: Record) -> int:
        if word.inbound_id == "bad":
            raise OverflowError("a value")
        self.words.append(word)
        return 1

    async def withhold(self, account_id: int, lead_id: int) -> bool:
        self.withheld.append(lead_id)
        return True

    async def replayed(self, restore: int, name: str, new: int) -> None:
        self.read[name] = new

    async def incomplete(self, restore: int, name: str) -> None:
        self.lost.append(name)


async def test_it_settles_once_and_reads_every_journal_of_the_folder_once(tmp_path) -> None:
    journals = [Journal(tmp_path, name, days=14, most_bytes=10_000) for name in ("one", "two")]
    stop = Record("stop", AT, 1, b"h", 1, "in-1")
    for journal in journals:
        await journal.append([stop, Record("erase", AT, 1, lead_id=1)])
    store, forgotten = Store(), list[bool]()

    async def lock_epoch() -> int:
        return 7

    restores = Restores(
        store,  # type: ignore[arg-type]
        Fence(until_settled=True),
        lock_epoch,
        journals[0],
        lambda: forgotten.append(True),
    )
    for _ in range(3):
        await restores.run_once()
    assert store.settled == [7]
    assert (store.words, store.withheld) == ([stop, stop], [1, 1])
    assert store.read == {"one": 1, "two": 1}
    assert forgotten == [True]


async def test_a_word_that_cannot_be_given_back_keeps_no_other_back_and_its_journal_does_not_count(
    tmp_path, caplog
) -> None:
    journals = [Journal(tmp_path, name, days=14, most_bytes=10_000) for name in ("one", "two")]
    bad, good = (Record("stop", AT, 1, b"h", 1, inbound_id) for inbound_id in ("bad", "good"))
    await journals[0].append([bad, good])
    await journals[1].append([good])
    store = Store()

    async def lock_epoch() -> int:
        return 7

    restores = Restores(
        store,  # type: ignore[arg-type]
        Fence(until_settled=True),
        lock_epoch,
        journals[0],
        lambda: None,
    )
    before = containment.counts["restore.word"]
    await restores.run_once()
    assert store.words == [good, good]
    assert (store.read, store.lost) == ({"two": 1}, ["one"])
    assert containment.counts["restore.word"] == before + 1
    assert "a value" not in str([record.__dict__ for record in caplog.records])
