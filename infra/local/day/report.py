"""What the day prints: sections, commands with their output, and checks, which are counted."""

import re
import sys
import time
from collections.abc import Sequence
from typing import NoReturn

_FIRST_LINES, _LAST_LINES = 25, 5
_WIDTH = 110
_PLAIN = re.compile(r"[A-Za-z0-9_./:=@+,-]+")


class DayEnded(Exception):
    """The day cannot go on: a check failed that the later steps need."""


class DayReport:
    """Lines on standard output.

    Attributes:
        held: how many checks passed.
        broken: the text of each check that failed, in order.

    """

    def __init__(self) -> None:
        self.held = 0
        self.broken: list[str] = []
        self._began = time.monotonic()

    def section(self, title: str) -> None:
        """Print the title of a part of the day, with the time since the day began."""
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        self.say(f"\n── {minutes}:{seconds:02d} ── {title} ".ljust(_WIDTH, "─"))

    def say(self, text: str) -> None:
        """Print a line about something that the marketer does not do."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def show_command(self, words: Sequence[str]) -> None:
        """Print a command as a person types it."""
        self.say("\n$ " + " ".join(_quoted(word) for word in words))

    def show_output(self, text: str) -> None:
        """Print what a command printed; of a long output the first 25 and the last 5 lines."""
        lines = text.rstrip().splitlines()
        if len(lines) > _FIRST_LINES + _LAST_LINES:
            left_out = len(lines) - _FIRST_LINES - _LAST_LINES
            lines[_FIRST_LINES:-_LAST_LINES] = [f"… {left_out} lines left out"]
        for line in lines:
            self.say(f"  {line}")

    def check(self, text: str, passed: object, found: object = "") -> bool:
        """Count and print whether `text` is true; `found` is printed when it is not."""
        if passed:
            self.held += 1
            self.say(f"  ✓ {text}")
            return True
        failure = f"{text}: {found}" if str(found) else text
        self.broken.append(failure)
        self.say(f"  ✗ DOES NOT HOLD: {failure}")
        return False

    def require(self, text: str, passed: object, found: object = "") -> None:
        """As `check`, for what later steps need. Raises DayEnded when it failed."""
        if not self.check(text, passed, found):
            raise DayEnded

    def fail(self, text: str, found: object = "") -> NoReturn:
        """Count and print a failed check that later steps need. Raises DayEnded."""
        self.check(text, None, found)
        raise DayEnded

    def find(self, pattern: re.Pattern[str], output: str) -> re.Match[str]:
        """The match in a command's output that later steps need. Raises DayEnded when there is none."""
        match = pattern.search(output)
        if match is None:
            self.fail(f"the command prints {pattern.pattern}")
        return match


def _quoted(word: str) -> str:
    """The word as a shell needs it."""
    return word if _PLAIN.fullmatch(word) else "'" + word.replace("'", "'\\''") + "'"
