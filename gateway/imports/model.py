"""An import as it is stored: its place in the file, its counts, its refused rows."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, Self

from gateway.imports.reading.plan import Plan
from gateway.imports.reading.records import Place
from gateway.unreadable import readable


class RefusedRow(NamedTuple):
    """A row as it stands in the file, and why it was not imported."""

    line: int
    reason: str
    because: str
    cells: Sequence[str]


@dataclass(frozen=True)
class Counts:
    """The number of rows by result: each row is in one of the first five. The last three count leads."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    without_consent: int = 0
    suppressed: int = 0
    opted_out: int = 0

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
        """The inverse of `to_json`; without counts that only another version has."""
        names = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in json.loads(text).items() if name in names})


@dataclass(frozen=True)
class Import:
    """One import; all before `place` is done. `plan_json` is None while the head of the file has not come."""

    id: int
    request_id: str
    options_hash: bytes
    size: int
    head_hash: bytes | None
    plan_json: str | None
    place: Place
    counts: Counts
    created_at: datetime
    finished_at: datetime | None
    kind: str = "leads"

    @property
    def name(self) -> str:
        """The resource name."""
        return f"imports/{self.id}"

    @cached_property
    def plan(self) -> Plan | None:
        """Read only when asked for: an import of another version can be listed without its plan."""
        with readable(self.name):
            return None if self.plan_json is None else Plan.from_json(self.plan_json)
