"""What is told while the day goes by, and what did not hold."""

import re
import sys
import time
from collections.abc import Sequence
from typing import NoReturn

_MOST_LINES = 30
_WIDTH = 110
_PLAIN = re.compile(r"[A-Za-z0-9_./:=@+,-]+")


class DayEnded(Exception):
    """The day cannot go on: what it waited for did not come, or a command ended otherwise than it should."""


class Story:
    """Lines on standard output; `broken` has what did not hold, in order."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self._held = 0
        self._began = time.monotonic()

    @property
    def held(self) -> int:
        """How many statements held."""
        return self._held

    def chapter(self, title: str) -> None:
        """A part of the day begins."""
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        self._say(f"\n── {minutes}:{seconds:02d} ── {title} ".ljust(_WIDTH, "─"))

    def tell(self, text: str) -> None:
        """What happens, to whom the marketer is not party."""
        self._say(text)

    def typed(self, words: Sequence[str]) -> None:
        """A command as somebody types it."""
        self._say("\n$ " + " ".join(_quoted(word) for word in words))

    def printed(self, text: str) -> None:
        """What a command said."""
        lines = text.rstrip().splitlines()
        for line in lines[:_MOST_LINES]:
            self._say(f"  {line}")
        if len(lines) > _MOST_LINES:
            self._say(f"  … and {len(lines) - _MOST_LINES} more lines")

    def holds(self, text: str, is_so: object, otherwise: object = "") -> bool:
        """Note whether something is as it must be; `otherwise` is told when it is not."""
        if is_so:
            self._held += 1
            self._say(f"  ✓ {text}")
            return True
        told = f"{text}: {otherwise}" if str(otherwise) else text
        self.broken.append(told)
        self._say(f"  ✗ DOES NOT HOLD: {told}")
        return False

    def found(self, pattern: re.Pattern[str], said: str) -> re.Match[str]:
        """Where a command says what the rest of the day stands on. Raises DayEnded when it does not."""
        match = pattern.search(said)
        if match is None:
            self.fails(f"the command says {pattern.pattern}")
        return match

    def fails(self, text: str, otherwise: object = "") -> NoReturn:
        """What the rest of the day stands on is not so. Raises DayEnded."""
        self.holds(text, None, otherwise)
        raise DayEnded

    def needs(self, text: str, is_so: object, otherwise: object = "") -> None:
        """As `holds`, for what the rest of the day stands on. Raises DayEnded when it is not so."""
        if not is_so:
            self.fails(text, otherwise)
        self.holds(text, is_so)

    def _say(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def _quoted(word: str) -> str:
    """As a shell wants it."""
    return word if _PLAIN.fullmatch(word) else "'" + word.replace("'", "'\\''") + "'"
