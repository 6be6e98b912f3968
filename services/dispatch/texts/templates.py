"""What steps and wordings say, kept because they never change."""

import json
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

from google.protobuf import json_format

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.texts.store import StepRow, TextStore

log = logging.getLogger(__name__)

_MOST = 10_000

Said = TypeVar("Said")


class Templates:
    """The templates and wordings used most recently, as hosts get them. Raises as the store does."""

    def __init__(self, store: TextStore) -> None:
        self._store = store
        self._templates = _Kept(self._read_templates)
        self._wordings = _Kept(self._read_wordings)

    async def templates(self, steps: Collection[int]) -> Mapping[int, pb.Template]:
        """Of these steps."""
        return await self._templates.get(steps)

    async def wordings(self, ids: Collection[int]) -> Mapping[int, pb.Wording]:
        """By their ids."""
        return await self._wordings.get(ids)

    async def _read_templates(self, steps: Collection[int]) -> dict[int, pb.Template]:
        return {row.id: _template(row) for row in await self._store.templates(steps)}

    async def _read_wordings(self, ids: Collection[int]) -> dict[int, pb.Wording]:
        documents = await self._store.wordings(ids)
        return {number: _wording(number, document) for number, document in documents.items()}


class _Kept(Generic[Said]):
    def __init__(self, read: Callable[[Collection[int]], Awaitable[dict[int, Said]]]) -> None:
        self._read = read
        self._kept: OrderedDict[int, Said] = OrderedDict()

    async def get(self, ids: Collection[int]) -> dict[int, Said]:
        missing = [number for number in ids if number not in self._kept]
        if missing:
            self._kept.update(await self._read(missing))
        found = {}
        for number in ids:
            found[number] = self._kept[number]
            self._kept.move_to_end(number)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return found


# What cannot be read is sent as nothing: the host fails its messages, and those of others go on. The error
# is not logged with it: it quotes the text.
def _template(row: StepRow) -> pb.Template:
    template = pb.Template(template_id=row.id, text=row.text, variation=row.variation or "")
    if row.greetings is None:
        return template
    try:
        json_format.ParseDict({"greetings": json.loads(row.greetings)}, template.greetings)
    except json_format.ParseError:
        log.warning("a step's greetings cannot be read", extra={"step_id": row.id})
        return pb.Template(template_id=row.id)
    # Present also when there are none.
    template.greetings.SetInParent()
    return template


def _wording(number: int, document: str) -> pb.Wording:
    try:
        wording = json_format.Parse(document, pb.Wording(), ignore_unknown_fields=True)
    except json_format.ParseError:
        log.warning("a wording cannot be read", extra={"wording_id": number})
        wording = pb.Wording()
    wording.wording_id = number
    return wording
