"""The numbered migration files, and the seal that keeps a released one from being edited."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("migrations")

_NAME = re.compile(r"^(\d{4})_([a-z][a-z0-9_]*)\.sql$")
_SEAL = "checksums.txt"


class SchemaError(Exception):
    """The files, or the database they meet, are not as they must be; the message says what to do."""


@dataclass(frozen=True)
class Migration:
    """One file, `NNNN_name.sql`; `checksum` is the SHA-256 of its bytes in hexadecimal."""

    version: int
    name: str
    path: Path
    checksum: str

    @property
    def sql(self) -> str:
        """Its statements: run as they stand, in one transaction."""
        return self.path.read_text(encoding="utf-8")


def load(folder: Path = FOLDER) -> list[Migration]:
    """All migrations, in order. Raises `SchemaError` for a malformed name, a number twice, or a gap."""
    migrations = [_read(path) for path in sorted(folder.glob("*.sql"))]
    numbers = [migration.version for migration in migrations]
    if numbers != list(range(1, len(numbers) + 1)) or not numbers:
        raise SchemaError(f"migrations must be numbered 0001, 0002, … without gaps; found {numbers}")
    return migrations


def _read(path: Path) -> Migration:
    found = _NAME.match(path.name)
    if not found:
        raise SchemaError(f"{path.name}: a migration is named like 0002_campaign_window.sql")
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    return Migration(int(found[1]), found[2], path, checksum)


def seal(folder: Path = FOLDER) -> None:
    """Writes `checksums.txt`, in the form of `sha256sum`; do it once, when a migration is finished."""
    (folder / _SEAL).write_text(_sealed_text(load(folder)), encoding="utf-8")


def check(folder: Path = FOLDER) -> int:
    """How many migrations there are. Raises `SchemaError` if the files and their seal differ."""
    migrations = load(folder)
    sealed = folder / _SEAL
    if not sealed.exists() or sealed.read_text(encoding="utf-8") != _sealed_text(migrations):
        raise SchemaError(
            f"{_SEAL} differs from the files: a released migration is never edited, write the next one;"
            " for a new one, `python -m services.schema --seal`"
        )
    return len(migrations)


def _sealed_text(migrations: Sequence[Migration]) -> str:
    return "".join(f"{migration.checksum}  {migration.path.name}\n" for migration in migrations)
