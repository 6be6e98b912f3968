"""What a scan wrote."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Enrolled:
    """Leads, and the messages written for them."""

    leads: int = 0
    messages: int = 0

    def __add__(self, other: "Enrolled") -> "Enrolled":
        return Enrolled(self.leads + other.leads, self.messages + other.messages)
