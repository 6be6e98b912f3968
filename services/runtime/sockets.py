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
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from services.runtime.address import Endpoint, endpoint

_FILES = "/proc/self/fd"
_INTERNET = (socket.AF_INET, socket.AF_INET6)
# `tcpi_last_data_recv` of Linux's `struct tcp_info`: milliseconds since something came.
_LAST_DATA = struct.Struct("52xI")
# `tcpi_bytes_received`, read by gRPC or not.
_RECEIVED = struct.Struct("128xQ")
_COUNT = struct.Struct("i")
# The first bytes of a record: a handshake, of any version.
_HANDSHAKE = b"\x16\x03"
# At once; the system does not even copy them.
_MOST_CUT_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class OwnSocket:
    """One that a caller has opened; `file` is its number in this process, `caller` the caller's end."""

    file: int
    inode: int
    """The number of a file is given anew when the file is closed; this one is not, for a long time."""
    caller: Endpoint


class CallerSockets:
    """Those that callers have opened to one port.

    Whose a socket is cannot change, and to ask for it takes most of the time of a look: what was found is
    kept until the next look.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._known: dict[tuple[int, int], OwnSocket | None] = {}

    def look(self) -> list[OwnSocket]:
        """All that are open now."""
        now: dict[tuple[int, int], OwnSocket | None] = {}
        for file in map(int, _files()):
            with suppress(OSError):
                key = file, os.fstat(file).st_ino
                now[key] = self._known[key] if key in self._known else _of_caller(*key, self._port)
        self._known = now
        return [each for each in now.values() if each is not None]


def open_files() -> int:
    """How many files this process has open; 0 where the system does not say."""
    return len(_files())


def unread(asked: OwnSocket) -> int:
    """Bytes that came and were not taken yet; of a socket that was closed meanwhile nothing, or another's."""
    with suppress(OSError):
        found: int = _COUNT.unpack(fcntl.ioctl(asked.file, termios.FIONREAD, bytes(_COUNT.size)))[0]
        return found
    return 0


def is_greeting(asked: OwnSocket) -> bool:
    """Whether what came and was not taken yet begins a handshake of TLS."""
    with _again(asked) as own:
        if own is not None:
            return own.recv(len(_HANDSHAKE), socket.MSG_PEEK | socket.MSG_DONTWAIT) == _HANDSHAKE
    return False


def silent_ms(asked: OwnSocket) -> int:
    """Since something came; 0 when it is closed by now."""
    return _told(asked, _LAST_DATA)


def received(asked: OwnSocket) -> int:
    """Bytes that ever came; 0 when it is closed by now."""
    return _told(asked, _RECEIVED)


def _told(asked: OwnSocket, where: struct.Struct) -> int:
    with _again(asked) as own:
        if own is not None:
            found: int = where.unpack(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, where.size))[0]
            return found
    return 0


def end(chosen: OwnSocket) -> None:
    """To gRPC it looks as if its caller had left."""
    with _again(chosen) as own:
        if own is not None:
            own.shutdown(socket.SHUT_RDWR)


def cut(chosen: OwnSocket) -> None:
    """The same, and what came and was not read yet is never read: it may be megabytes of frames."""
    with _again(chosen) as own:
        if own is not None:
            # What comes from now on resets the connection.
            own.shutdown(socket.SHUT_RDWR)
            thrown_away = bytearray(_MOST_CUT_BYTES)
            with suppress(BlockingIOError):
                while own.recv_into(thrown_away, 0, socket.MSG_TRUNC | socket.MSG_DONTWAIT):
                    pass


def ask_for(chosen: OwnSocket, least: int) -> None:
    """It is read when so many bytes are there."""
    with _again(chosen) as own:
        if own is not None:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, least)


def ask_for_new(port: int, least: int) -> None:
    """The same of those that callers will open: the system gives them what the listening socket asks for."""
    for file in map(int, _files()):
        with suppress(OSError), _socket(file) as own:
            if _is_of(own, port) and own.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, least)


@contextmanager
def _again(chosen: OwnSocket) -> Iterator[socket.socket | None]:
    """The same connection; None when its file is another one's by now, or nobody's."""
    with ExitStack() as stack:
        own = None
        with suppress(OSError):
            found = stack.enter_context(_socket(chosen.file))
            if found.family in _INTERNET and _caller(found) == chosen.caller:
                own = found
        with suppress(OSError):
            yield own


def _of_caller(file: int, inode: int, port: int) -> OwnSocket | None:
    """None for what is no caller's; also when it is gone by now."""
    with suppress(OSError), _socket(file) as own:
        if _is_of(own, port):
            return OwnSocket(file, inode, _caller(own))
    return None


def _is_of(own: socket.socket, port: int) -> bool:
    return own.family in _INTERNET and own.getsockname()[1] == port


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
