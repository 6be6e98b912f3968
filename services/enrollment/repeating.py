"""Statements that may be repeated are, while what fails may pass by itself."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.runtime.errors import Aborted, Unavailable
from services.runtime.lifecycle import Life, backoff

log = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")

# About 8 s of backoff: over a restart of the database. Beyond that whoever asked decides.
_TRIES = 6


async def repeated(call: Callable[[], Awaitable[_Answer]], life: Life) -> _Answer:
    """The answer of the first call that has one. Raises as `call` in the end, or in a drain."""
    for failures in range(1, _TRIES):
        try:
            return await call()
        except (Unavailable, Aborted) as error:
            log.warning("repeating a statement", extra={"reason": error.reason, "failures": failures})
            if not await life.pause(backoff(failures)):
                raise
    return await call()
