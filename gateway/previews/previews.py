"""Reads what a preview needs from the database, and makes the preview."""

from datetime import UTC, datetime

from gateway import names, wire
from gateway.previews.preview import Audience, preview
from gateway.previews.store import PreviewStore, Reader
from gateway.sequences.chain import triggers_through
from gateway.sequences.store import SequenceStore
from gateway.wording.convert import greetings_of, variation_of
from gateway.wording.step_text import StepText
from gateway.zones.store import Zones
from kompang.v1 import sequences_pb2 as pb
from services.runtime.offload import Offload

_SAMPLES = 5
_NOBODY = Reader("", {}, "", "")


class Previews:
    """Raises what PreviewStep documents."""

    def __init__(self, store: PreviewStore, sequences: SequenceStore, zones: Zones, offload: Offload) -> None:
        self._store = store
        self._sequences = sequences
        self._zones = zones
        self._offload = offload

    async def show(self, account_id: int, request: pb.PreviewStepRequest) -> pb.PreviewStepResponse:
        """One preview; the request was checked."""
        step, triggers = await self._source(account_id, request)
        reader = await self._reader(account_id, request)
        at = wire.moment(request.read_time) if request.HasField("read_time") else datetime.now(UTC)
        wording, lead = await self._store.seen(account_id, reader, at)
        size = request.audience_size or await self._store.audience(account_id, triggers)
        audience = Audience(size, await self._store.names(account_id, triggers))
        count = request.sample_count or _SAMPLES
        # Some 50 ms for long greetings, and for thousands of names: not on the loop that serves everybody.
        return await self._offload.run(preview, step, wording, lead, audience, count)

    async def _source(
        self, account_id: int, request: pb.PreviewStepRequest
    ) -> tuple[StepText, list[str] | None]:
        """The text, and the triggers of those who will get it; None for everybody."""
        draft = request.draft
        if request.WhichOneof("source") == "draft":
            greetings = greetings_of(draft.greetings) if draft.HasField("greetings") else None
            return StepText(draft.text, greetings, variation_of(draft.variation)), None
        name, _, position = request.step.rpartition("/steps/")
        found = await self._sequences.get(account_id, names.slug(name))
        if found is None:
            raise names.missing(name, "step")
        if int(position) > len(found.draft.steps):
            raise names.missing(request.step, "step")
        links = await self._sequences.all_links(account_id)
        text = found.draft.steps[int(position) - 1].text
        step = StepText(text, found.draft.greetings, found.draft.variation)
        return step, triggers_through(links, found.id)

    async def _reader(self, account_id: int, request: pb.PreviewStepRequest) -> Reader:
        match request.WhichOneof("reader"):
            case "lead":
                reader = await self._store.reader(account_id, names.number(request.lead))
                if reader is None:
                    raise names.missing(request.lead, "lead")
                return reader
            case "invented":
                given = request.invented
                await self._zones.refuse_unknown(account_id, [("invented.timezone", given.timezone)])
                return Reader(given.display_name, given.attributes, given.language, given.timezone)
            case _:
                return _NOBODY
