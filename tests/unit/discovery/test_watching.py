"""When a blocking query asks again, from which index, and what it lets through."""

from services.runtime.discovery import DiscoveryUnavailable
from services.runtime.discovery.client import Entry
from services.runtime.discovery.members import members_in
from services.runtime.discovery.watching import WAIT, changes
from services.runtime.retry import Retry


class Instant(Retry):
    """Counts instead of sleeping."""

    def __init__(self) -> None:
        super().__init__("test")
        self.pauses = 0

    async def pause(self, error: BaseException | None = None) -> bool:
        self.pauses += 1
        return True


class Scripted:
    """Answers in order; an exception among them is raised."""

    def __init__(self, *answers: tuple[int, str] | Exception) -> None:
        self._answers = list(answers)
        self.asked: list[int] = []

    async def read(self, index: int, wait: float) -> tuple[int, str]:
        assert WAIT <= wait <= 1.5 * WAIT
        self.asked.append(index)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_each_change_is_yielded_once_and_asked_for_from_the_last_index() -> None:
    script = Scripted((5, "a"), (6, "a"), (9, "b"))
    stream = changes(script.read, Instant())
    assert [await anext(stream), await anext(stream)] == ["a", "b"]
    assert script.asked == [0, 5, 6]


async def test_an_index_that_went_backwards_starts_over() -> None:
    script = Scripted((50, "a"), (3, "a"), (3, "b"))
    stream = changes(script.read, Instant())
    assert [await anext(stream), await anext(stream)] == ["a", "b"]
    assert script.asked == [0, 50, 0]


async def test_a_failure_pauses_is_not_yielded_and_starts_over() -> None:
    script = Scripted(
        (5, "a"), DiscoveryUnavailable("away"), DiscoveryUnavailable("away"), (5, "a"), (6, "b")
    )
    retry = Instant()
    stream = changes(script.read, retry)
    assert [await anext(stream), await anext(stream)] == ["a", "b"]
    assert script.asked == [0, 5, 0, 0, 5]
    assert retry.pauses == 2


def test_only_keys_held_by_a_session_are_members() -> None:
    entries = [Entry("x/members/one", "session", 4), Entry("x/members/two", None, 5)]
    members = members_in("x/members/", entries, 9)
    assert members.ids == {"one"}
    assert members.sessions == {"one": "session"}
    assert members.away == {"two": 5}
    assert members.known == {"one", "two"}
    assert members.index == 9
