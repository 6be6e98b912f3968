"""Carries differences out, one call after another, each whole or not at all.

Nothing is undone after a call that failed: the changes before it are what the file asks for, and the same
file applied again makes the rest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from google.protobuf.field_mask_pb2 import FieldMask

from gateway.cli import calls
from gateway.cli.exit_codes import Interrupted
from gateway.cli.sequences.difference import Difference
from gateway.client import Client
from kompang.v1 import sequences_pb2 as pb
from services.runtime.errors import KompangError


@dataclass
class ApplyRun:
    """One run and how far it came; `failed` is the difference that was refused, or under way at the end."""

    differences: Sequence[Difference]
    done: list[str] = field(default_factory=list)
    failed: Difference | None = None
    # Of what was written meanwhile: activating changes it, too.
    _etags: dict[str, str] = field(default_factory=dict)

    async def run(self, client: Client) -> None:
        """Raises what the gateway refuses, and `Interrupted`; `done` and `failed` say how far it came."""
        for step in _steps(self.differences):
            try:
                made = await step.take(client, self._etags)
            except (KompangError, Interrupted):
                self.failed = step.difference
                raise
            self._etags[made.name] = made.etag
            if step.is_last:
                self.done.append(step.difference.slug)

    def result(self, difference: Difference) -> str:
        """Returns what became of one sequence: unchanged, applied, failed or not_applied."""
        if difference.is_empty:
            return "unchanged"
        if difference.slug in self.done:
            return "applied"
        return "failed" if difference is self.failed else "not_applied"


@dataclass(frozen=True)
class _Step:
    difference: Difference
    method: str
    is_last: bool

    async def take(self, client: Client, etags: dict[str, str]) -> pb.Sequence:
        request = self._request(etags)
        made: pb.Sequence = await calls.changed(client, getattr(client.sequences, self.method), request)
        return made

    def _request(self, etags: dict[str, str]) -> object:
        name = f"sequences/{self.difference.slug}"
        match self.method:
            case "CreateSequence":
                desired = pb.Sequence()
                desired.CopyFrom(self.difference.desired.sequence)
                desired.name = ""
                return pb.CreateSequenceRequest(sequence_id=self.difference.slug, sequence=desired)
            case "UpdateSequence":
                return _update(self.difference, etags.get(name, ""))
            case "ActivateSequence":
                return pb.ActivateSequenceRequest(name=name)
            case _:
                return pb.DeactivateSequenceRequest(name=name)


def _update(difference: Difference, etag: str) -> pb.UpdateSequenceRequest:
    """On what was shown: a change that somebody made since is refused and not overwritten."""
    desired = pb.Sequence()
    desired.CopyFrom(difference.desired.sequence)
    desired.etag = etag or (difference.before.etag if difference.before else "")
    return pb.UpdateSequenceRequest(sequence=desired, update_mask=FieldMask(paths=difference.fields))


def _steps(differences: Sequence[Difference]) -> Iterator[_Step]:
    """Deactivations first, then the texts and links, and activations at the end."""
    for each in differences:
        if each.active is False:
            yield _Step(each, "DeactivateSequence", not each.fields)
    for each in differences:
        if each.before is None:
            yield _Step(each, "CreateSequence", not each.active)
        elif each.fields:
            yield _Step(each, "UpdateSequence", not each.active)
    for each in differences:
        if each.active:
            yield _Step(each, "ActivateSequence", is_last=True)
