"""Rows that this version of the gateway cannot show: another version has written them, or somebody by hand.

Such a row stops only what is about it. A list goes on without it and names it in `unreachable` (AIP-217). A
call about the row itself is refused with DATA_LOSS, a reason, and what to do. Whatever turns a row into an
answer is marked with `of_row`: an unforeseen error in it is one of the row, is logged and counted once, and
becomes `Unreadable`. What the row says stands in no log.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import grpc

from services.reasons import Reason
from services.runtime.containment import report
from services.runtime.errors import KompangError

_Row = TypeVar("_Row")
_Rest = ParamSpec("_Rest")
_Shown = TypeVar("_Shown")
_Reading = Callable[Concatenate[_Row, _Rest], _Shown]


class Unreadable(KompangError):
    """One stored row means nothing to this version."""

    code = grpc.StatusCode.DATA_LOSS

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is stored in a form that this version of the gateway cannot read; nothing of it is lost."
            " Ask the operator, who finds it in the log, and whether another version wrote it",
            reason=Reason.UNREADABLE,
            resource=name,
        )
        self.name = name


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Around what reads a row or shows it: an unforeseen error is one of the row of this name."""
    try:
        yield
    except KompangError:
        raise
    except Exception as error:  # noqa: BLE001 - containing it is the purpose
        report("gateway.row", error, resource=name)
        raise Unreadable(name) from None


def of_row(
    name: Callable[[Any], str],
) -> Callable[[_Reading[_Row, _Rest, _Shown]], _Reading[_Row, _Rest, _Shown]]:
    """Marks what reads a row, or shows what was read; `name` is the resource name by the first argument."""

    def marked(read: _Reading[_Row, _Rest, _Shown]) -> _Reading[_Row, _Rest, _Shown]:
        @wraps(read)
        def contained(row: _Row, /, *rest: _Rest.args, **named: _Rest.kwargs) -> _Shown:
            with readable(name(row)):
                return read(row, *rest, **named)

        return contained

    return marked
