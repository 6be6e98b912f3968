"""Addresses as host:port: whether they are this machine's own."""

import ipaddress

PLAINTEXT_REMEDY = (
    "set KOMPANG_TLS_CERTIFICATE_FILE, KOMPANG_TLS_KEY_FILE and KOMPANG_TLS_CA_FILE (docs/security.md), or"
    " KOMPANG_PLAINTEXT=allow where the network itself is protected"
)


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
