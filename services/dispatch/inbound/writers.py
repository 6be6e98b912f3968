"""Pure: who wrote a text, where the network tells its own identity of the person.

An identity leads to every lead that has it, or had it before the network told another one. A stop word, and a
reply that holds an enrollment, count for each of them: whoever may have written is left alone. That somebody
wants to be written to again counts only for the lead that has the number that the text came with, or for the
one lead that the identity leads to.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.dispatch.inbound.store import InboundText

# An identity of more leads than a person may have been names nobody: a faulty host gives one to all people.
MOST_LEADS = 10


@dataclass(frozen=True, slots=True)
class Writer:
    """A lead that may have written; `phone` is digits only, `is_current`: it has the identity now."""

    lead_id: int
    phone: str
    is_current: bool


def texts_of(text: InboundText, writers: Sequence[Writer]) -> list[InboundText]:
    """The text once for each person it is of, first as it came; none where nobody is known.

    `writers`: the leads of its identity, and the lead of its number, each once, in the order of their ids.
    """
    found = [text] if text.sender else []
    others = [writer for writer in writers if writer.phone != text.sender]
    if len(others) > MOST_LEADS:
        return found
    is_certain = len(writers) == 1
    return found + [
        replace(
            text,
            inbound_id=_copied_id(text.inbound_id, other.lead_id) if found or place else text.inbound_id,
            sender=other.phone,
            is_certain=is_certain and other.is_current,
            # The identity is told of the person it came with, and of nobody else.
            lid="",
            known_as="",
        )
        for place, other in enumerate(others)
    ]


def _copied_id(inbound_id: str, lead_id: int) -> str:
    """The same at each delivery."""
    name = f"{lead_id}\0{inbound_id}".encode("utf-8", "surrogatepass")
    return "sha256:" + hashlib.sha256(name).hexdigest()
