"""Pure: what is wrong with a sequence as a caller wrote it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from gateway.wording.check import check_greetings, check_text
from kompang.v1 import sequences_pb2
from services.runtime.errors import Violation

# What update_mask may name, and what is taken when it is empty.
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

# As in the other requests; here the proto cannot say it, since CreateSequence leaves the name empty.
_NAME = re.compile(r"sequences/[a-z0-9-]{1,63}")
_LAST_NANO = 999_999_999


def check_create(request: sequences_pb2.CreateSequenceRequest) -> list[Violation]:
    """The rules that code knows for CreateSequence."""
    found = list(_check_steps(request.sequence.steps))
    return found + list(check_greetings("sequence.greetings", request.sequence.greetings))


def check_update(request: sequences_pb2.UpdateSequenceRequest) -> list[Violation]:
    """The rules that code knows for UpdateSequence."""
    found = list(_check_name(request.sequence.name))
    found += _check_mask(request.update_mask.paths)
    found += _check_steps(request.sequence.steps)
    return found + list(check_greetings("sequence.greetings", request.sequence.greetings))


def masked(request: sequences_pb2.UpdateSequenceRequest) -> frozenset[str]:
    """The fields an update is to change: those of the mask, or those that are set without one."""
    paths = request.update_mask.paths
    if "*" in paths:
        return frozenset(FIELDS)
    return frozenset(
        paths or (field.name for field, _ in request.sequence.ListFields() if field.name in FIELDS)
    )


def _check_name(name: str) -> Iterator[Violation]:
    if not _NAME.fullmatch(name):
        yield Violation(
            "sequence.name", "does not name a sequence; use a name as ListSequences gives it: sequences/cold"
        )


def _check_mask(paths: Any) -> Iterator[Violation]:
    unknown = [path for path in paths if path not in (*FIELDS, "*")]
    if unknown:
        text = f"names what cannot be changed ({', '.join(unknown[:5])}); use {', '.join(FIELDS)} or *"
        yield Violation("update_mask", text)
    if "*" in paths and len(paths) > 1:
        yield Violation("update_mask", "names fields beside *; use either")


def _check_steps(steps: Any) -> Iterator[Violation]:
    before: timedelta | None = None
    for index, step in enumerate(steps):
        yield from check_text(f"sequence.steps[{index}].text", step.text)
        if abs(step.offset.nanos) > _LAST_NANO:
            yield Violation(f"sequence.steps[{index}].offset", "is no length of time; give nanos below 10^9")
            continue
        offset = step.offset.ToTimedelta()
        if before is not None and offset <= before:
            yield Violation(
                f"sequence.steps[{index}].offset",
                "is not after the step before it; offsets count from the start of the sequence and must grow",
            )
        before = offset
