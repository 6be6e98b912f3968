"""Files to import, and calls that import them."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.cli.leads.imports.file import File
from gateway.cli.leads.imports.upload import Upload
from kompang.v1 import imports_pb2 as pb
from tests.support.slowness import patient

PATIENCE_S = patient(30.0)
Metadata = tuple[tuple[str, str], ...]


def rows_of(count: int, first: int = 0, prefix: str = "Lead") -> str:
    """Rows `name,phone,city`, each number once."""
    return "".join(f"{prefix} {n},012-{2_000_000 + n:07d},Ipoh\n" for n in range(first, first + count))


def written(folder: Path, text: str | bytes, name: str = "leads.csv") -> File:
    """The file, fingerprinted."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return File.read(path)


def start(file: File, request_id: str = "", **options: Any) -> pb.ImportStart:
    """What a caller says first; a new request_id unless told."""
    return pb.ImportStart(
        request_id=request_id or str(uuid.uuid4()),
        size=file.size,
        head_sha256=file.head_sha256,
        options=pb.ImportOptions(**{"country": "MY"} | options),
    )


async def imported(
    stub: Any,
    metadata: Metadata,
    file: File,
    begin: pb.ImportStart,
    hear: Callable[[pb.ImportLeadsResponse], None] = lambda _: None,
) -> pb.ImportResult:
    """The result, however often the call had to be made again."""
    return await Upload(stub, metadata, file, begin, hear).run(PATIENCE_S)


def tally(result: pb.ImportResult) -> tuple[int, int, int, int, int]:
    """Created, updated, unchanged, duplicate, refused."""
    counts = result.counts
    return counts.created, counts.updated, counts.unchanged, counts.duplicate, counts.refused
