"""Addresses: whether they are this machine's own, and who is meant by those of callers."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import unquote

PLAINTEXT_REMEDY = (
    "set KOMPANG_TLS_CERTIFICATE_FILE, KOMPANG_TLS_KEY_FILE and KOMPANG_TLS_CA_FILE (docs/security.md), or"
    " KOMPANG_PLAINTEXT=allow where the network itself is protected"
)

_ELSEWHERE = "elsewhere"
_IPV6_NETWORK = 64


def host_of(address: str) -> str:
    """Without port and brackets."""
    return address.rpartition(":")[0].strip("[]")


def is_loopback(address: str) -> bool:
    """Whether nobody but this machine can be at the other end."""
    host = host_of(address)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a connection."""

    host: str
    port: int


def endpoint(host: str, port: int) -> Endpoint:
    """An IPv4 address has one form, also where it came as one of IPv6. Raises `ValueError` for a name."""
    return Endpoint(str(_address(host)), port)


def endpoint_of(text: str) -> Endpoint | None:
    """Of what gRPC says (see `peer_of`); None where it is no address of the internet."""
    host, _, port = unquote(text).partition(":")[2].rpartition(":")
    try:
        return endpoint(host.strip("[]"), int(port))
    except ValueError:
        return None


def peer_of(text: str) -> str:
    """The peer of a call, from what gRPC says: `ipv4:192.0.2.7:4711`, `ipv6:%5B2001:db8::1%5D:4711`."""
    kind, _, address = unquote(text).partition(":")
    try:
        return network_of(host_of(address))
    except ValueError:
        return kind[:16] or _ELSEWHERE


def network_of(host: str) -> str:
    """Whose an address is: of IPv6 the network, because one caller has all of it. Raises `ValueError`."""
    found = _address(host)
    if isinstance(found, ipaddress.IPv6Address) and not found.is_loopback:
        return str(ipaddress.ip_network((found, _IPV6_NETWORK), strict=False))
    return str(found)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    found = ipaddress.ip_address(host.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
