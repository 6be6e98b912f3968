"""Free ports on loopback.

They are taken from below the kernel's ephemeral range: a port in that range can be given to somebody's
outgoing connection while its service is stopped, and the service could then not come back on the same
address.
"""

import random
import socket

LOOPBACK = "127.0.0.1"

_LOWEST, _HIGHEST = 18_000, 31_999
_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """`count` different ports, free for TCP and UDP now, each given out once by this process."""
    return [_free_port() for _ in range(count)]


def _free_port() -> int:
    candidates = [port for port in range(_LOWEST, _HIGHEST + 1) if port not in _given]
    random.shuffle(candidates)
    port = next((port for port in candidates if _is_free(port)), None)
    if port is None:
        raise OSError(f"no free port on {LOOPBACK} between {_LOWEST} and {_HIGHEST}")
    _given.add(port)
    return port


def _is_free(port: int) -> bool:
    return _can_bind(port, socket.SOCK_STREAM) and _can_bind(port, socket.SOCK_DGRAM)


def _can_bind(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            # As the services do: a port that only has old connections in TIME_WAIT is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
