"""What steps and wordings say, kept because they never change."""

import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Generic, TypeVar

from google.protobuf import json_format

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.texts.store import StepRow, TextStore
from services.runtime.containment import contained, contained_each

_MOST = 10_000
# The longest that the gateway takes has a hundred greetings of 200 characters, a text and a footer.
_LONGEST_BYTES = 160 * 1024

Text = TypeVar("Text")
TextMessage = TypeVar("TextMessage", pb.Template, pb.Wording)


class Templates:
    """The templates and wordings used most recently, as hosts get them. Raises what passes by itself.

    What cannot be loaded is left out, for whoever asked to find missing.
    """

    def __init__(self, store: TextStore) -> None:
        self._store = store
        self._templates = _Cache("dispatch.template", self._read_templates)
        self._wordings = _Cache("dispatch.wording", self._read_wordings)

    async def templates(self, steps: Collection[int]) -> Mapping[int, pb.Template]:
        """Returns the templates of these steps."""
        return await self._templates.get(steps)

    async def wordings(self, ids: Collection[int]) -> Mapping[int, pb.Wording]:
        """Returns these wordings by their ids."""
        return await self._wordings.get(ids)

    async def _read_templates(self, steps: Collection[int]) -> dict[int, pb.Template]:
        return {row.id: _template(row) for row in await self._store.templates(steps)}

    async def _read_wordings(self, ids: Collection[int]) -> dict[int, pb.Wording]:
        documents = await self._store.wordings(ids)
        return {number: _wording(number, document) for number, document in documents.items()}


class _Cache(Generic[Text]):
    def __init__(self, place: str, read: Callable[[Collection[int]], Awaitable[dict[int, Text]]]) -> None:
        self._place = place
        self._read = read
        self._cached: OrderedDict[int, Text] = OrderedDict()

    async def get(self, ids: Collection[int]) -> dict[int, Text]:
        missing = [number for number in ids if number not in self._cached]
        await contained_each(self._place, missing, self._load, _ids)
        found = {}
        for number in ids:
            if number in self._cached:
                found[number] = self._cached[number]
                self._cached.move_to_end(number)
        while len(self._cached) > _MOST:
            self._cached.popitem(last=False)
        return found

    async def _load(self, ids: Sequence[int]) -> None:
        self._cached.update(await self._read(ids))


def _ids(number: int) -> dict[str, object]:
    return {"text_id": number}


# What cannot be read is sent as nothing: the host fails its messages, and those of others go on. The error
# is not logged with it: it quotes the text.
def _template(row: StepRow) -> pb.Template:
    with contained("dispatch.template", step_id=row.id):
        template = pb.Template(template_id=row.id, text=row.text, variation=row.variation or "")
        if row.greetings is not None:
            json_format.ParseDict({"greetings": json.loads(row.greetings)}, template.greetings)
            # Present also when there are none.
            template.greetings.SetInParent()
        return _bounded(template)
    return pb.Template(template_id=row.id)


def _bounded(text: TextMessage) -> TextMessage:
    """Raises `ValueError` for what no gateway of ours writes: a frame with it would end its stream."""
    if text.ByteSize() > _LONGEST_BYTES:
        raise ValueError("a text that is too large")
    return text


def _wording(number: int, document: str) -> pb.Wording:
    with contained("dispatch.wording", wording_id=number):
        wording = json_format.Parse(document, pb.Wording(), ignore_unknown_fields=True)
        wording.wording_id = number
        return _bounded(wording)
    return pb.Wording(wording_id=number)
