"""Pure: samples of a text, how far it carries, and what its author may want to look at."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.wording.convert import warnings
from gateway.wording.step_text import StepText
from gateway.wording.wording import Wording
from kompang.v1 import sequences_pb2 as pb
from kompang.v1 import wording_pb2
from services.content import reach
from services.content import wording as content
from services.content.names import called
from services.content.weak import Weak

# Where more than one text in a hundred was sent to somebody else before, texts read like a circular.
MOST_REPEATS = 0.01

_NAMING = frozenset({"name", "first_name"})


@dataclass(frozen=True)
class Audience:
    """The leads who will get the text: how many, and the names of some of them."""

    size: int
    names: Sequence[str]


def preview(
    step: StepText, wording: Wording, lead: content.Lead, audience: Audience, samples: int
) -> pb.PreviewStepResponse:
    """`wording` is that of the account; the samples are the same each time. Raises `FailedPrecondition`."""
    ready = step.with_wording(wording)
    reached = reach.reach(ready, lead)
    share = reached.repeats(audience.size, _names(ready, lead, audience.names))
    return pb.PreviewStepResponse(
        samples=[ready.render(lead, b"sample %d" % number) for number in range(samples)],
        distinct_count=str(reached.texts),
        repeat_share=share,
        audience_size=audience.size,
        warnings=[*_look_alikes(step), *_repeats(share, audience.size, reached.weakest)],
        weak_spots=[
            pb.WeakSpot(line=each.line, column=each.column, alternative_count=each.texts)
            for each in reached.weakest
        ],
    )


def kinds_of_names(names: Iterable[str], *, first: bool = False) -> int:
    """Of how many equally likely names these look like a draw; 1 for none. `first`: by first names.

    By the share of pairs that are the same, one more taken to be so than was seen: a few names that are
    all different prove little.
    """
    counts = Counter(name and (name.first if first else name.full) for name in map(called, names))
    total = sum(counts.values())
    same = sum(each * (each - 1) for each in counts.values())
    return max(1, (total * (total - 1) + 2) // (same + 2)) if total else 1


def _names(wording: content.Wording, lead: content.Lead, names: Sequence[str]) -> int:
    """1 where a text need not name its reader: that only some of the greetings do is not enough."""
    greetings = [each.template.variables for each in wording.openings.fitting(lead.language, lead.hour)]
    body = wording.body.variables
    if "name" in body or (greetings and all("name" in each for each in greetings)):
        return kinds_of_names(names)
    if "first_name" in body or (greetings and all(each & _NAMING for each in greetings)):
        return kinds_of_names(names, first=True)
    return 1


def _look_alikes(step: StepText) -> Iterator[wording_pb2.TextWarning]:
    yield from warnings(step.text)
    for each in step.greetings or ():
        yield from warnings(each.text)


def _repeats(share: float, audience: int, weakest: Sequence[Weak]) -> Iterator[wording_pb2.TextWarning]:
    if share <= MOST_REPEATS:
        return
    text = f"{share:.1%} of {audience:,} leads will get a text that somebody got before them"
    at = weakest[0] if weakest else None
    where = f"; add alternatives, first at line {at.line}, column {at.column}" if at else ""
    yield wording_pb2.TextWarning(
        type=wording_pb2.TextWarning.TYPE_REPEATS,
        line=at.line if at else 0,
        column=at.column if at else 0,
        text=text + where,
    )
