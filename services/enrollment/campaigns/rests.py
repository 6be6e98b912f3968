"""Campaigns that failed as a whole rest for a minute, so that one of them is not tried all the time."""

import asyncio
from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

REST_S = 60.0

_Thing = TypeVar("_Thing", bound=Hashable)


class Rests(Generic[_Thing]):
    """Keeps when each thing failed; `keep` forgets those that are over."""

    def __init__(self) -> None:
        self._failed_at: dict[_Thing, float] = {}

    def keep(self, things: Collection[_Thing]) -> None:
        """Forgets all other things."""
        self._failed_at = {one: at for one, at in self._failed_at.items() if one in things}

    def begin(self, thing: _Thing) -> None:
        """The thing failed just now."""
        self._failed_at[thing] = asyncio.get_running_loop().time()

    def has(self, thing: _Thing) -> bool:
        """Whether the thing rests still."""
        failed_at = self._failed_at.get(thing)
        return failed_at is not None and asyncio.get_running_loop().time() < failed_at + REST_S
