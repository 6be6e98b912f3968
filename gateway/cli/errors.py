"""Errors as the command prints them: each in readable lines with the field, and with its exit code."""

from collections.abc import Iterator

import grpc
import pydantic
import typer
from typer._click.exceptions import NoArgsIsHelpError
from typer.exceptions import TyperException

from gateway.cli import exit_codes
from gateway.cli.completion import PROGRAM
from gateway.client.errors import as_error
from services.runtime.errors import DeadlineExceeded, InvalidArgument, KompangError, Unavailable
from services.runtime.settings import explained

# The first that an error is.
_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (TyperException, exit_codes.USAGE),
    (pydantic.ValidationError, exit_codes.USAGE),
    (exit_codes.Interrupted, exit_codes.INTERRUPTED),
    (typer.Abort, exit_codes.INTERRUPTED),
    (Unavailable, exit_codes.UNAVAILABLE),
    (DeadlineExceeded, exit_codes.UNAVAILABLE),
    (KompangError, exit_codes.REFUSED),
    (OSError, exit_codes.REFUSED),
    (grpc.aio.AioRpcError, exit_codes.REFUSED),
)

# Anything else is a defect.
EXPECTED = tuple(kind for kind, _ in _CODES)


def code_of(error: BaseException) -> int:
    """As `exit_codes` says; of one of `EXPECTED`."""
    known = as_error(error) if isinstance(error, grpc.aio.AioRpcError) else error
    return next(code for kind, code in _CODES if isinstance(known, kind))


def lines(error: BaseException) -> Iterator[str]:
    """A line for each violation, else one line; the help where a command was called without arguments."""
    if isinstance(error, NoArgsIsHelpError):
        return iter([error.format_message()])
    return (f"{PROGRAM}: {' '.join(text.split())}" for text in _texts(error))


def _texts(error: BaseException) -> list[str]:
    match error:
        case grpc.aio.AioRpcError():
            return _texts(as_error(error))
        case TyperException():
            return [_usage(error)]
        case pydantic.ValidationError():
            return [explained(error)]
        case InvalidArgument():
            return [f"{one.field}: {one.description}".removeprefix(": ") for one in error.violations]
        case OSError() if error.filename:
            return [f"{error.filename}: {error.strerror}"]
        case _:
            return [str(error) or "interrupted"]


def _usage(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    more = f" (see {context.command_path} --help)" if context else ""
    # Typer leaves pydantic's mark where a word is none of a list.
    return f"{error.format_message().rstrip('.').replace(': Value error, ', ': ')}{more}"
