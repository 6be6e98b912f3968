"""The rows of the table in `docs/devices.md`: what a network says of a device, and what follows."""

from dataclasses import dataclass
from pathlib import Path

from services.dispatch.policy import DeviceChange

_DOCUMENT = Path(__file__).parents[2] / "docs" / "devices.md"
_AGAIN = ", again within ten minutes"


@dataclass(frozen=True)
class End:
    """`failure`: its name in the protos. `is_again`: for the second time within ten minutes."""

    failure: str
    is_again: bool
    state: str
    reason: str
    session: str
    what: str
    remedy: str

    def fits(self, change: DeviceChange | None) -> bool:
        """Whether the policy says the same."""
        if change is None:
            return self.state == "active"
        state = "parked" if self.is_again and change.again_s else change.state
        return (state, change.reason) == (self.state, self.reason)


def device_ends() -> list[End]:
    """In the order of the document."""
    lines = _DOCUMENT.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| the network says |"))
    found: list[End] = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return found
        said, state, reason, session, what, remedy = (cell.strip() for cell in line.strip("|").split("|"))
        failure = said.removesuffix(_AGAIN)
        found.append(
            End(failure.strip("`"), said != failure, state, reason.strip("`"), session, what, remedy)
        )
    return found
