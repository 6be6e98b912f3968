"""Free ports on loopback.

They are taken from below the kernel's ephemeral range: a port in that range can be given to somebody's
outgoing connection while its service is stopped, and the service could then not come back on the same
address.

A port that was given out is reserved for as long as this process lives, so that no other process on this
machine gets it between the choice and the start of its service, or while that service is stopped. The
reservation is a socket that is bound and never listens. Services bind with SO_REUSEADDR, which the kernel
lets them do beside such a socket; whoever looks for a free port binds without it and is refused.
"""

import atexit
import random
import socket

LOOPBACK = "127.0.0.1"

_LOWEST, _HIGHEST = 18_000, 31_999
_reserved: dict[int, socket.socket] = {}


@atexit.register
def _give_back() -> None:
    """Closes the reservations: the interpreter warns of sockets that it has to close itself."""
    while _reserved:
        _reserved.popitem()[1].close()


def free_ports(count: int) -> list[int]:
    """`count` different ports, free for TCP and UDP now, each given out once on this machine."""
    return [_free_port() for _ in range(count)]


def _free_port() -> int:
    for port in random.sample(range(_LOWEST, _HIGHEST + 1), _HIGHEST - _LOWEST + 1):
        if port not in _reserved and (reservation := _reserve(port)) is not None:
            _reserved[port] = reservation
            return port
    raise OSError(f"no free port on {LOOPBACK} between {_LOWEST} and {_HIGHEST}")


def _reserve(port: int) -> socket.socket | None:
    """The socket that holds the port, or None where somebody else has it."""
    reservation = _bound(port, socket.SOCK_STREAM)
    if reservation is None:
        return None
    datagrams = _bound(port, socket.SOCK_DGRAM)
    if datagrams is None:
        reservation.close()
        return None
    datagrams.close()
    # Set when the port is bound: from now on a service can have it too, another search cannot.
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return reservation


def _bound(port: int, kind: socket.SocketKind) -> socket.socket | None:
    opened = socket.socket(socket.AF_INET, kind)
    try:
        opened.bind((LOOPBACK, port))
    except OSError:
        opened.close()
        return None
    return opened
