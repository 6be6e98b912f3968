"""Pure: what is wrong with a sequence as a caller wrote it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from gateway.checking import check_name
from gateway.resource import UpdateMask
from gateway.wording.check import check_greetings, check_text
from kompang.v1 import sequences_pb2
from services.runtime.errors import Violation

# The fields that update_mask may name; an empty mask names those of them that the request sets.
FIELDS = (
    "display_name",
    "trigger",
    "steps",
    "next_sequence",
    "on_unknown",
    "greetings",
    "variation",
    "on_reply",
    "on_reenter",
)

MASK = UpdateMask(FIELDS, kept_as={"next_sequence": ("next_slug",)})

# As in the other requests; here the proto cannot say it, since CreateSequence leaves the name empty.
_NAME = "^sequences/[a-z0-9-]{1,63}$"


def check_create(request: sequences_pb2.CreateSequenceRequest) -> list[Violation]:
    """The rules that code knows for CreateSequence."""
    found = list(_check_steps(request.sequence.steps))
    return found + list(check_greetings("sequence.greetings", request.sequence.greetings))


def check_update(request: sequences_pb2.UpdateSequenceRequest) -> list[Violation]:
    """The rules that code knows for UpdateSequence."""
    found = list(check_name("sequence.name", request.sequence.name, _NAME))
    found += MASK.check(request.update_mask.paths)
    found += _check_steps(request.sequence.steps)
    return found + list(check_greetings("sequence.greetings", request.sequence.greetings))


def _check_steps(steps: Any) -> Iterator[Violation]:
    before: timedelta | None = None
    for index, step in enumerate(steps):
        yield from check_text(f"sequence.steps[{index}].text", step.text)
        offset = step.offset.ToTimedelta()
        if before is not None and offset <= before:
            yield Violation(
                f"sequence.steps[{index}].offset",
                "is not after the step before it; offsets count from the start of the sequence and must grow",
            )
        before = offset
