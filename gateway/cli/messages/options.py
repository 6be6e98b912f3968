"""Arguments and options of `kompang messages`."""

from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli.names import named


class State(StrEnum):
    """Those of a message."""

    PENDING = "pending"
    HANDED = "handed"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Resolution(StrEnum):
    """What is known of a message, or decided."""

    SENT = "sent"
    RESEND = "resend"
    GIVE_UP = "give-up"


Name = Annotated[str, typer.Argument(callback=named("messages"), metavar="MESSAGE", help="messages/5, or 5.")]
