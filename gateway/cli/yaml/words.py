"""The values of an enum as people write them: `ON_REPLY_STOP` is `stop`."""

from typing import Any

_UNSET = "UNSPECIFIED"


def words(enum: Any) -> tuple[str, ...]:
    """All but the one that stands for nothing said."""
    return tuple(word_of(enum, number) for number in enum.values() if number)


def word_of(enum: Any, number: int) -> str:
    """`stop`; empty for what is not set."""
    return str(enum.Name(number)).removeprefix(_prefix(enum)).lower() if number else ""


def number_of(enum: Any, word: str) -> Any:
    """The other way round; raises `ValueError` for no word of it."""
    return enum.Value(_prefix(enum) + word.upper()) if word else 0


def _prefix(enum: Any) -> str:
    return str(enum.Name(0)).removesuffix(_UNSET)
