"""What a call moved."""

from dataclasses import dataclass

from services.enrollment.moves.model import Move


@dataclass(frozen=True)
class Moved:
    """Leads, and the messages of those moved: written anew, more and less than before."""

    leads: int = 0
    unchanged: int = 0
    waiting: int = 0
    rewritten: int = 0
    added: int = 0
    dropped: int = 0

    @classmethod
    def of(cls, move: Move) -> "Moved":
        """One lead."""
        before, after = len(move.kept) + len(move.dropped), len(move.kept) + len(move.added)
        both = min(before, after)
        return cls(leads=1, rewritten=both, added=after - both, dropped=before - both)

    def __add__(self, other: "Moved") -> "Moved":
        return Moved(
            self.leads + other.leads,
            self.unchanged + other.unchanged,
            self.waiting + other.waiting,
            self.rewritten + other.rewritten,
            self.added + other.added,
            self.dropped + other.dropped,
        )
