"""What is told while rows run, on standard error: standard output is for the table."""

import sys
from contextvars import ContextVar

NUMBER: ContextVar[int] = ContextVar("NUMBER")
"""The row that speaks; several run at a time."""


def say(text: str) -> None:
    """One line, with the number of the row it is about."""
    number = NUMBER.get(None)
    sys.stderr.write(f"{'  ' if number is None else f'{number:>2}'}  {text}\n")
    sys.stderr.flush()
