"""Every kind of error that the work on one thing can raise: of the driver, protobuf, text and arithmetic."""

import decimal
import inspect
import json
import struct
from typing import Any

import asyncpg
from google.protobuf.message import DecodeError, EncodeError

WORDS = "a value"


class _Decoding(UnicodeDecodeError):
    def __new__(cls, *_: Any) -> "_Decoding":
        return super().__new__(cls, "utf-8", b"\xff", 0, 1, WORDS)

    def __init__(self, *_: Any) -> None:
        super().__init__("utf-8", b"\xff", 0, 1, WORDS)


class _Encoding(UnicodeEncodeError):
    def __new__(cls, *_: Any) -> "_Encoding":
        return super().__new__(cls, "utf-8", "\ud800", 0, 1, WORDS)

    def __init__(self, *_: Any) -> None:
        super().__init__("utf-8", "\ud800", 0, 1, WORDS)


class _Json(json.JSONDecodeError):
    def __init__(self, *_: Any) -> None:
        super().__init__(WORDS, "{", 0)


class _Group(ExceptionGroup):
    def __new__(cls, *_: Any) -> "_Group":
        return super().__new__(cls, WORDS, [ValueError(WORDS)])


OF_THE_DRIVER = [
    kind
    for _, kind in inspect.getmembers(asyncpg.exceptions, inspect.isclass)
    if issubclass(kind, Exception) and issubclass(kind, asyncpg.PostgresError | asyncpg.InterfaceError)
]
OF_PYTHON: list[type[Exception]] = [
    ArithmeticError, AssertionError, AttributeError, BufferError, EOFError, FloatingPointError, IndexError,
    KeyError,
    LookupError, MemoryError, NameError, NotImplementedError, OSError, OverflowError, RecursionError,
    ReferenceError,
    RuntimeError, SystemError, TypeError, UnicodeError, ValueError, ZeroDivisionError,
    decimal.DivisionByZero, decimal.InvalidOperation, decimal.Overflow, struct.error,
    DecodeError, EncodeError,
    _Decoding, _Encoding, _Json, _Group,
]  # fmt: skip
# But for TimeoutError, which is an answer where there is a deadline.
EVERY = [*OF_PYTHON, *OF_THE_DRIVER]
