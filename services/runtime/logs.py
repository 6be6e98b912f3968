"""One JSON object a line on standard error, with the trace id where there is one.

The message of an exception may hold a person's number, name or words (Postgres puts the values of a row into
it). So a line has the type of an exception and the places in the code, and never its message; this holds for
other libraries too, and for what ends the process.
"""

import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import Any

from opentelemetry import trace

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


# asyncio names the task or the callback at fault behind one of these, with its exception or its arguments.
_VALUES = re.compile(r"[\n<(]")
_MOST_ERRORS = 8
_MOST_FRAMES = 8

log = logging.getLogger(__name__)


class JsonFormatter(logging.Formatter):
    """Fields given with `extra=` stand beside the message. Never pass a phone number, text or secret."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": _message(record),
        }
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            line["trace_id"] = format(context.trace_id, "032x")
        line.update({k: v for k, v in record.__dict__.items() if k not in _STANDARD})
        if record.exc_info and record.exc_info[1]:
            line["exception"] = places(record.exc_info[1])
        return json.dumps(line, default=str, ensure_ascii=False)


def configure(service: str, level: str) -> None:
    """Sends all logging of the process to standard error in this form, and what ends the process."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level, handlers=[stream], force=True)
    sys.excepthook = lambda _kind, error, _trace: _ended("the process ends", error)
    threading.excepthook = lambda raised: _ended("a thread ends", raised.exc_value)
    sys.unraisablehook = lambda raised: _ended("an error that nobody could catch", raised.exc_value)


def places(error: BaseException) -> list[str]:
    """An exception, its causes and its group: the type of each, and the innermost places in the code."""
    found: list[str] = []
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting and len(found) < _MOST_ERRORS:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        found.append(f"{type(one).__module__}.{type(one).__qualname__} at {_at(one)}")
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        waiting.append(one.__cause__ or (None if one.__suppress_context__ else one.__context__))
    return found


def _at(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    return " > ".join(f"{'/'.join(each.filename.rsplit('/', 2)[-2:])}:{each.lineno}" for each in frames)


def _message(record: logging.LogRecord) -> str:
    message = record.getMessage()
    return _VALUES.split(message, maxsplit=1)[0].strip() if record.name == "asyncio" else message


def _ended(what: str, error: Any) -> None:
    if isinstance(error, KeyboardInterrupt):
        return
    log.critical(what, exc_info=error)
