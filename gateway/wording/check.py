"""Pure: what is wrong with texts, greetings and wordings as a caller wrote them."""

import re
from collections.abc import Iterator
from itertools import islice

from gateway.wording.foreign import Foreign, foreign
from gateway.wording.wording import Wording
from kompang.v1 import wording_pb2 as pb
from services.content.source import Source
from services.content.template import Template, TemplateError
from services.runtime.errors import Violation

_MOST = 5
_SHOWN = 40
_ROUNDING = 1e-9
_BRACE = re.compile("[{}]")


def check_text(path: str, text: str) -> Iterator[Violation]:
    """With line and column, when it cannot be rendered."""
    try:
        source = Template.parse(text).source
    except TemplateError as error:
        yield Violation(path, str(error))
        return
    for each, told in _foreign(source):
        yield Violation(path, f"{told}; write {each.instead}, or take it out")


def _foreign(source: Source) -> Iterator[tuple[Foreign, str]]:
    """The placeholders of other systems, each with its place in words."""
    for each in islice(foreign(source.text), _MOST):
        line, column = source.place(each.at)
        why = f"'{each.text[:_SHOWN]}' is a placeholder of another system, and would be sent as it stands"
        yield each, f"line {line}, column {column}: {why}"


def check_literal(path: str, text: str) -> Iterator[Violation]:
    """A text that is said as it stands: braces in it are more likely meant as something else."""
    source = Source(text)
    brace = _BRACE.search(source.text)
    if brace is not None:
        line, column = source.place(brace.start())
        why = "has a brace, but is said as it stands, without variables and choices; take it out"
        yield Violation(path, f"line {line}, column {column}: {why}")
    else:
        for _, told in _foreign(source):
            yield Violation(path, f"{told}; take it out")
    if text and not source.text.strip():
        yield Violation(path, "has nothing that can be seen; write a sentence, or leave it empty for none")


def check_greetings(path: str, greetings: pb.Greetings) -> Iterator[Violation]:
    """`path` is that of the `Greetings`."""
    for index, each in enumerate(greetings.greetings):
        yield from check_text(f"{path}.greetings[{index}].text", each.text)


def check_wording(path: str, wording: pb.Wording) -> Iterator[Violation]:
    """`path` is that of the `Wording`."""
    yield from check_greetings(f"{path}.greetings", wording.greetings)
    yield from check_literal(f"{path}.footer", wording.footer)
    default = Wording().variation
    ends = [
        getattr(wording if wording.HasField(name) else default, name)
        for name in ("full_stop", "comma", "space")
    ]
    if sum(ends) > 1 + _ROUNDING:
        yield Violation(
            f"{path}.space",
            "makes more than 1 together with full_stop and comma (0.3, 0.2 and 0.4 when unset); lower one",
        )
