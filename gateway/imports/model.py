"""An import as it is stored: its place in the file, its counts, its refused rows."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, Self

from gateway.imports.reading.plan import Plan
from gateway.imports.reading.records import Place


class RefusedRow(NamedTuple):
    """A row as it stands in the file, and why it was not imported."""

    line: int
    reason: str
    because: str
    cells: Sequence[str]


@dataclass(frozen=True)
class Counts:
    """The number of rows by result: each row is in one of the first five. The last two count leads."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    without_consent: int = 0
    suppressed: int = 0

    @property
    def rows(self) -> int:
        """The number of all rows."""
        return self.created + self.updated + self.unchanged + self.duplicate + sum(self.refused.values())

    def plus(self, other: "Counts") -> "Counts":
        """Adds the counts of both."""
        sums = {
            name: value + getattr(other, name) for name, value in asdict(self).items() if name != "refused"
        }
        return replace(self, **sums, refused=dict(Counter(self.refused) + Counter(other.refused)))

    def to_json(self) -> str:
        """As Postgres keeps them."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of `to_json`."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Import:
    """One import; all before `place` is done. `plan` is None while the head of the file has not come."""

    id: int
    request_id: str
    options_hash: bytes
    size: int
    head_hash: bytes | None
    plan: Plan | None
    place: Place
    counts: Counts
    created_at: datetime
    finished_at: datetime | None

    @property
    def name(self) -> str:
        """The resource name."""
        return f"imports/{self.id}"
