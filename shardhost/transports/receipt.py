"""What a network tells of a message after it took it."""

from dataclasses import dataclass
from enum import Enum


class ReceiptKind(Enum):
    """What became of a message that the network took."""

    DELIVERED = "delivered"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the message that this device sent under the id.

    `at`: when, in seconds since 1970 by the network's clock; 0.0 where it does not say.
    """

    wire_id: str
    kind: ReceiptKind
    at: float = 0.0
