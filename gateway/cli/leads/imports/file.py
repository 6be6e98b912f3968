"""A file to import, and the request_id that is its own."""

import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path

from kompang.v1 import imports_pb2 as pb

_HEAD_BYTES = 64 * 1024
_PIECE = 1024 * 1024


@dataclass(frozen=True)
class File:
    """As it was when it was fingerprinted."""

    path: Path
    size: int
    head_sha256: bytes
    sha256: bytes

    @classmethod
    def read(cls, path: Path) -> "File":
        """Reads all of it once. Raises `OSError`."""
        whole, size = hashlib.sha256(), 0
        with path.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
            piece = head
            while piece:
                whole.update(piece)
                size += len(piece)
                piece = opened.read(_PIECE)
        return cls(path, size, hashlib.sha256(head).digest(), whole.digest())

    def request_id(self, options: pb.ImportOptions | pb.ImportSuppressionsStart) -> str:
        """The same for the same bytes and options, so that the same command resumes the import."""
        text = self.sha256 + options.SerializeToString(deterministic=True)
        return str(uuid.UUID(bytes=hashlib.sha256(text).digest()[:16], version=4))
