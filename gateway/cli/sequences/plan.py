"""A file against an account: what would change, and in which order, or what is wrong with the file."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.checking import Check
from gateway.cli.sequences.difference import Difference, difference
from gateway.cli.sequences.order import circle, links_after, ordered, unknown
from gateway.cli.sequences.parse import DesiredSequence, diagnostic, read
from gateway.cli.yaml.reader import Diagnostic, FileRefused, Reader
from gateway.sequences.check import check_create
from kompang.v1 import sequences_pb2 as pb
from services.runtime.errors import InvalidArgument

# The gateway's own rules, checked before anything is written: what is wrong with the last sequence is found
# before the first one is applied.
_CHECK = Check({pb.CreateSequenceRequest: check_create})


class Plan:
    """A file that was read. What is raised about it names its file, line and field."""

    def __init__(self, reader: Reader, desired: list[DesiredSequence]) -> None:
        self._reader = reader
        self._desired = desired

    @classmethod
    def of(cls, path: Path) -> "Plan":
        """Raises `FileRefused` for what could not be saved, and `OSError`."""
        reader = Reader.of(path)
        plan = cls(reader, read(reader))
        reader.diagnostics += (each for desired in plan._desired for each in plan._diagnostics(desired))
        reader.refuse()
        return plan

    def against(self, existing: Mapping[str, pb.Sequence]) -> list[Difference]:
        """By the sequences of the account. Raises `FileRefused` for links that lead nowhere or round."""
        links = links_after({slug: _next(each) for slug, each in existing.items()}, self._desired)
        for each in unknown(links, self._desired):
            text = f"there is no sequence {each.next_slug}, neither in this file nor in the account"
            self._reader.diagnostics.append(self._diagnostic(each, "next_sequence", text))
        for each in self._desired:
            if each.next_slug and (way := circle(links, each.slug)):
                text = f"makes a circle: {way}; a chain must come to an end"
                self._reader.diagnostics.append(self._diagnostic(each, "next_sequence", text))
        self._reader.refuse()
        return [difference(existing.get(each.slug), each) for each in ordered(links, self._desired)]

    def located(self, difference: Difference, error: InvalidArgument) -> FileRefused:
        """A refusal of the gateway, with the place in the file of each field that the gateway names."""
        diagnostics = [
            self._diagnostic(difference.desired, each.field, each.description) for each in error.violations
        ]
        return FileRefused(self._reader.file, diagnostics)

    def _diagnostics(self, desired: DesiredSequence) -> Iterator[Diagnostic]:
        request = pb.CreateSequenceRequest(sequence_id=desired.slug, sequence=desired.sequence)
        for violation in _CHECK(request):
            yield self._diagnostic(desired, violation.field, violation.description)

    def _diagnostic(self, desired: DesiredSequence, path: str, text: str) -> Diagnostic:
        return diagnostic(self._reader, desired, path, text)


def _next(sequence: pb.Sequence) -> str:
    return sequence.next_sequence.removeprefix("sequences/")
