"""Certificates that are replaced while the process runs.

Nobody has to tell the process: before each handshake it looks whether the files have changed (three `stat`).
What they hold then is proven first. Files in the middle of a replacement, or bad ones, change nothing: the
certificates before go on, and the log says why, once for each change.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from services.runtime.tls.certificates import CertificateError, CertificateFiles, Certificates, Proof

log = logging.getLogger(__name__)

_Mark = tuple[tuple[int, int, int], ...]


class WatchedCertificates:
    """The newest good certificates. Any thread may ask: gRPC does its handshakes in its own."""

    def __init__(self, files: CertificateFiles, prove: Callable[[Certificates], Proof]) -> None:
        """Raises CertificateError: a process does not begin with bad ones."""
        self._files = files
        self._prove = prove
        self._lock = threading.Lock()
        self._seen = _mark(files)
        self._newest = Certificates.read(files)
        self._log(prove(self._newest))

    @property
    def newest(self) -> Certificates:
        """What the next handshake is made with; the same object as long as nothing has changed."""
        with self._lock:
            seen = _mark(self._files)
            if seen != self._seen:
                self._seen = seen
                self._replace()
            return self._newest

    def _replace(self) -> None:
        try:
            found = Certificates.read(self._files)
            proof = self._prove(found)
        except CertificateError as error:
            log.error("new certificates are not used", extra={"why": str(error)})  # noqa: TRY400 - no bug
            return
        self._newest = found
        self._log(proof)

    def _log(self, proof: Proof) -> None:
        said = {"names": list(proof.dns_names), "expires": proof.expires.isoformat()}
        log.info("certificate", extra=said | {"file": str(self._files.certificate)})


def _mark(files: CertificateFiles) -> _Mark:
    """Changes with the files; a file that is away for a moment has a mark, too."""
    return tuple(_mark_of(path) for path in files.paths)


def _mark_of(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_mtime_ns, found.st_size
