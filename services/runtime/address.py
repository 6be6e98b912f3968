"""Addresses: whether they are this machine's own, and who is meant by those of callers."""

import ipaddress
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


def peer_of(text: str) -> str:
    """The peer of a call, from what gRPC says: `ipv4:192.0.2.7:4711`, `ipv6:%5B2001:db8::1%5D:4711`."""
    kind, _, address = unquote(text).partition(":")
    host = address.rpartition(":")[0].strip("[]").partition("%")[0]
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return kind[:16] or _ELSEWHERE
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if isinstance(found, ipaddress.IPv6Address) and not found.is_loopback:
        return str(ipaddress.ip_network((found, _IPV6_NETWORK), strict=False))
    return str(found)
