"""Pure: what is wrong with the proxy of a device. It may hold a password: no complaint repeats any of it."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from services.runtime.errors import Violation

_FORM = "write it like http://host:port or socks5://user:password@host:port"
_ESCAPED = "a password with @, :, # or / has %XX for each"
_SCHEMES = ("http", "socks5")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LONGEST_HOST = 253
_MOST_PORT = 65_535


def check_proxy(field: str, url: str) -> Iterator[Violation]:
    """One violation where the URL is none of a proxy that shard hosts can use; empty is none."""
    if url and (problem := _problem(url)):
        yield Violation(field, problem)


def _problem(url: str) -> str:
    if not url.isascii() or not url.isprintable() or " " in url:
        return f"has spaces or letters that no address has; {_FORM}, with %XX for them in a password"
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"is no address; {_FORM}"
    if "://" not in url or parts.scheme not in _SCHEMES:
        return f"begins with neither http:// nor socks5://, and no other kind of proxy is known; {_FORM}"
    return _place_problem(parts) or _user_problem(parts)


def _place_problem(parts: SplitResult) -> str:
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        return f"has a port that is no number from 1 to {_MOST_PORT} ({_ESCAPED}); {_FORM}"
    if not host or not _is_host(host):
        return f"names no host, or one that cannot be ({_ESCAPED}); {_FORM}"
    if not port:
        return f"has no port; {_FORM}"
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        return f"goes on after the port; {_FORM}"
    return ""


def _user_problem(parts: SplitResult) -> str:
    if parts.password is not None and not parts.username:
        return f"has a password without a user; {_FORM}"
    return ""


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return len(host) <= _LONGEST_HOST and all(_LABEL.fullmatch(part) for part in host.split("."))
    return True
