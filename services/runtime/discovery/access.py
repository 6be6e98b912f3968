"""How a process gets in to Consul: its token, the authority it believes, its own certificate.

Files are read again when they change, before a request, so that tokens and certificates rotate without a
restart. A file that is away or bad at that moment changes nothing: what was read before goes on.

The token travels in a header, to Consul's address alone: a redirect is not followed, and it is never part of
an address, a log or an error.
"""

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

_Mark = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Access:
    """What the settings say; without anything Consul is asked in plaintext, by nobody."""

    token: str = ""
    token_file: Path | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    def __repr__(self) -> str:
        """No secret."""
        return f"Access(token={'set' if self.token else 'none'})"


class Credentials:
    """The newest of them. `secure`: Consul is asked over TLS."""

    def __init__(self, access: Access, *, secure: bool) -> None:
        """Raises OSError or ssl.SSLError: a process does not begin with bad files."""
        self._access = access
        self._token = access.token
        self.context = self._new_context() if secure else None
        self._rereads = [
            _Reread([access.token_file], self._read_token),
            _Reread([access.certificate_file, access.key_file] if secure else [], self._read_certificate),
            _Reread([access.ca_file] if secure else [], self._read_authority),
        ]

    def headers(self) -> dict[str, str]:
        """What goes with the next request; looks whether a file has changed."""
        for reread in self._rereads:
            reread.if_changed()
        return {"X-Consul-Token": self._token} if self._token else {}

    def without_token(self, text: str) -> str:
        """The text, should Consul or a proxy repeat the token in it."""
        return text.replace(self._token, "…") if self._token else text

    def _new_context(self) -> ssl.SSLContext:
        ca = self._access.ca_file
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
        if self._access.certificate_file and self._access.key_file:
            context.load_cert_chain(self._access.certificate_file, self._access.key_file)
        return context

    def _read_token(self) -> None:
        path = self._access.token_file
        token = path.read_text(encoding="ascii").strip() if path else ""
        if not token:
            raise OSError("the file is empty")
        self._token = token

    def _read_certificate(self) -> None:
        if self.context and self._access.certificate_file and self._access.key_file:
            self.context.load_cert_chain(self._access.certificate_file, self._access.key_file)

    def _read_authority(self) -> None:
        if self.context and self._access.ca_file:
            self.context.load_verify_locations(str(self._access.ca_file))


class _Reread:
    """Reads files again when they have changed."""

    def __init__(self, paths: list[Path | None], read: Callable[[], None]) -> None:
        self._paths = [path for path in paths if path is not None]
        self._read = read
        self._seen = self._mark()

    def if_changed(self) -> None:
        seen = self._mark()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._read()
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            names = [str(path) for path in self._paths]
            log.warning(
                "a new file for Consul is not used", extra={"files": names, "why": type(error).__name__}
            )
        else:
            log.info("a new file for Consul", extra={"files": [str(path) for path in self._paths]})

    def _mark(self) -> _Mark:
        return tuple(_mark_of(path) for path in self._paths)


def _mark_of(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns
