"""How fast an import runs, and how long the rest will take."""

import time
from datetime import timedelta

from gateway import wire
from gateway.imports.convert import counts_to_proto
from gateway.imports.model import Import
from kompang.v1 import imports_pb2 as pb

_EVERY_S = 0.5


class Progress:
    """Of one call that began at `begun`; `size` of the file in bytes, 0 when unknown."""

    def __init__(self, begun: Import, size: int) -> None:
        self._begun = begun
        self._size = size
        self._began = self._reported = time.monotonic()

    def is_due(self) -> bool:
        """Whether it is time to send the progress: twice a second."""
        now = time.monotonic()
        if now - self._reported < _EVERY_S:
            return False
        self._reported = now
        return True

    def response(self, reached: Import) -> pb.ImportLeadsResponse:
        """The progress up to where the import has come."""
        elapsed = time.monotonic() - self._began
        progress = pb.ImportProgress(
            rows=reached.counts.rows,
            offset=reached.place.offset,
            rows_per_second=(reached.counts.rows - self._begun.counts.rows) / elapsed,
            counts=counts_to_proto(reached.counts),
        )
        done = reached.place.offset - self._begun.place.offset
        if self._size and done > 0:
            left = (self._size - reached.place.offset) * elapsed / done
            progress.remaining.CopyFrom(wire.duration(timedelta(seconds=max(0.0, left))))
        return pb.ImportLeadsResponse(progress=progress)
