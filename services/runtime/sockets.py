"""The connections that callers have opened to a port of this process: read later, or ended.

gRPC gives nobody its sockets; but they are this process's own. Where the system does not tell a process its
sockets (not Linux), there are none here.
"""

import fcntl
import os
import socket
import struct
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from services.runtime.address import Endpoint, endpoint

_FILES = "/proc/self/fd"
_INTERNET = (socket.AF_INET, socket.AF_INET6)
# `tcpi_last_data_recv` of Linux's `struct tcp_info`: milliseconds since something came.
_LAST_DATA = struct.Struct("52xI")
_COUNT = struct.Struct("i")


@dataclass(frozen=True, slots=True)
class OwnSocket:
    """One that a caller has opened; `file` is its number in this process, `caller` the caller's end."""

    file: int
    caller: Endpoint
    silent_ms: int
    unread: int
    """Bytes that came and were not taken yet."""


def open_files() -> int:
    """How many files this process has open; 0 where the system does not say."""
    return len(_files())


def of_callers(port: int) -> list[OwnSocket]:
    """All connections to this port."""
    return [each for name in _files() if (each := _of_caller(int(name), port))]


def end(chosen: OwnSocket) -> None:
    """To gRPC it looks as if its caller had left."""
    with _again(chosen) as own:
        if own is not None:
            own.shutdown(socket.SHUT_RDWR)


def ask_for(chosen: OwnSocket, least: int) -> None:
    """It is read when so many bytes are there."""
    with _again(chosen) as own:
        if own is not None:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, least)


@contextmanager
def _again(chosen: OwnSocket) -> Iterator[socket.socket | None]:
    """The same connection; None when its file is another one's by now."""
    with suppress(OSError), _socket(chosen.file) as own:
        yield own if own.family in _INTERNET and _caller(own) == chosen.caller else None


def _of_caller(file: int, port: int) -> OwnSocket | None:
    """None for what is no caller's; also when it is gone by now."""
    with suppress(OSError), _socket(file) as own:
        if own.family in _INTERNET and own.getsockname()[1] == port:
            return OwnSocket(file, _caller(own), _silent_ms(own), _unread(own))
    return None


def _files() -> list[str]:
    try:
        return os.listdir(_FILES)  # noqa: PTH208 - of numbers, twice a second
    except OSError:
        return []


def _socket(file: int) -> socket.socket:
    """One of our own, so that it stays the same whatever gRPC does meanwhile. Raises `OSError`."""
    copy = os.dup(file)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise


def _caller(own: socket.socket) -> Endpoint:
    host, port = own.getpeername()[:2]
    return endpoint(host, port)


def _silent_ms(own: socket.socket) -> int:
    told = own.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA.size)
    found: int = _LAST_DATA.unpack(told)[0]
    return found


def _unread(own: socket.socket) -> int:
    found: int = _COUNT.unpack(fcntl.ioctl(own, termios.FIONREAD, bytes(_COUNT.size)))[0]
    return found
