"""A file against an account: what would change, and in which order, or what is wrong with the file."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.checking import Check
from gateway.cli.sequences.difference import Difference, difference
from gateway.cli.sequences.order import circle, links_after, ordered, unknown
from gateway.cli.sequences.parse import Wanted, fault, read
from gateway.cli.yaml.reader import Fault, FileRefused, Reader
from gateway.sequences.check import check_create
from kompang.v1 import sequences_pb2 as pb
from services.runtime.errors import InvalidArgument

# The gateway's own rules, asked before anything is written: a fault in the last sequence is found before the
# first one is applied.
_CHECK = Check({pb.CreateSequenceRequest: check_create})


class Plan:
    """A file that was read. What is raised about it names its file, line and field."""

    def __init__(self, reader: Reader, wanted: list[Wanted]) -> None:
        self._reader = reader
        self._wanted = wanted

    @classmethod
    def of(cls, path: Path) -> "Plan":
        """Raises `FileRefused` for what could not be saved, and `OSError`."""
        reader = Reader.of(path)
        plan = cls(reader, read(reader))
        reader.faults += (each for wanted in plan._wanted for each in plan._faults(wanted))
        reader.refuse()
        return plan

    def against(self, existing: Mapping[str, pb.Sequence]) -> list[Difference]:
        """By the sequences of the account. Raises `FileRefused` for links that lead nowhere or round."""
        links = links_after({slug: _next(each) for slug, each in existing.items()}, self._wanted)
        for each in unknown(links, self._wanted):
            text = f"there is no sequence {each.next_slug}, neither in this file nor in the account"
            self._reader.faults.append(self._fault(each, "next_sequence", text))
        for each in self._wanted:
            if each.next_slug and (way := circle(links, each.slug)):
                text = f"makes a circle: {way}; a chain must come to an end"
                self._reader.faults.append(self._fault(each, "next_sequence", text))
        self._reader.refuse()
        return [difference(existing.get(each.slug), each) for each in ordered(links, self._wanted)]

    def located(self, difference: Difference, error: InvalidArgument) -> FileRefused:
        """A refusal of the gateway, with the places in the file of what it names."""
        faults = [self._fault(difference.wanted, each.field, each.description) for each in error.violations]
        return FileRefused(self._reader.file, faults)

    def _faults(self, wanted: Wanted) -> Iterator[Fault]:
        request = pb.CreateSequenceRequest(sequence_id=wanted.slug, sequence=wanted.sequence)
        for violation in _CHECK(request):
            yield self._fault(wanted, violation.field, violation.description)

    def _fault(self, wanted: Wanted, path: str, text: str) -> Fault:
        return fault(self._reader, wanted, path, text)


def _next(sequence: pb.Sequence) -> str:
    return sequence.next_sequence.removeprefix("sequences/")
