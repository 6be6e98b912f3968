"""The texts of steps, kept because they never change."""

from collections import OrderedDict
from collections.abc import Collection

from services.dispatch.store import Store

_MOST = 10_000


class Templates:
    """The texts used most recently, by step."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._texts: OrderedDict[int, str] = OrderedDict()

    async def texts(self, steps: Collection[int]) -> dict[int, str]:
        """The texts of these steps; raises as the store does."""
        missing = [step for step in steps if step not in self._texts]
        if missing:
            self._texts.update(await self._store.templates(missing))
        found = {}
        for step in steps:
            found[step] = self._texts[step]
            self._texts.move_to_end(step)
        while len(self._texts) > _MOST:
            self._texts.popitem(last=False)
        return found
