"""How many rows of a file became what."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import Self

from kompang.v1 import imports_pb2 as pb


@dataclass(frozen=True)
class Tally:
    """A row is in one of the first five; the last two are of those that are leads now."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    without_consent: int = 0
    suppressed: int = 0

    @property
    def rows(self) -> int:
        """All of them."""
        return self.created + self.updated + self.unchanged + self.duplicate + sum(self.refused.values())

    def plus(self, other: "Tally") -> "Tally":
        """Both together."""
        sums = {
            name: value + getattr(other, name) for name, value in asdict(self).items() if name != "refused"
        }
        return replace(self, **sums, refused=dict(Counter(self.refused) + Counter(other.refused)))

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse."""
        return cls(**json.loads(text))

    def to_proto(self) -> pb.ImportCounts:
        """As the public API shows it."""
        return pb.ImportCounts(
            created=self.created,
            updated=self.updated,
            unchanged=self.unchanged,
            duplicate=self.duplicate,
            refused=sum(self.refused.values()),
            refused_by_reason=self.refused,
            without_consent=self.without_consent,
            suppressed=self.suppressed,
        )
