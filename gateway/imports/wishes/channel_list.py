"""A cell that lists channels: `WhatsApp, SMS`."""

import re
from collections.abc import Sequence

from gateway.imports.wishes.fold import fold, words
from gateway.imports.wishes.vocabulary import CHANNELS

_LONGEST = 300
_BETWEEN = re.compile(r"[,;|/&+\n:]|\b(?:and|dan|und|et|y|e|en|ve)\b")


def channels(cell: str) -> set[str] | None:
    """The channels that a cell lists: `whatsapp`, `phone`, `other`, `all`, `none`; None for no list."""
    if len(cell) > _LONGEST:
        return None
    if not cell.strip(" []{}()"):
        return set()
    parts = [part for part in _BETWEEN.split(fold(cell)) if part.strip(" '\"[]{}()-.")]
    found = [_channel(words(part)) for part in parts]
    return None if not found or None in found else {each for each in found if each}


def _channel(said: Sequence[str]) -> str | None:
    for name in ("whatsapp", "other", "phone", "all", "none"):
        if CHANNELS[name].found(said):
            return name
    if CHANNELS["messages"].found(said) and len(said) == 1:
        # `Message` beside `E-mail`: by which of the two that go to a phone is not said.
        return "all"
    return None
