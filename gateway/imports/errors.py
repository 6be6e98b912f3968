"""What is wrong with a file, or with one row of it."""

from services.runtime.errors import KompangError


class FileError(ValueError):
    """Nothing of this file can be imported; `field` is what the caller can change about it."""

    def __init__(self, field: str, because: str) -> None:
        super().__init__(because)
        self.field = field
        self.because = because


class RowError(ValueError):
    """One row is refused: `reason` for programs, `because` for people. Neither holds a value of the row.

    But for `PHONE_AMBIGUOUS`: whoever corrects it has to know which numbers it may be; an erasure reaches it.
    """

    def __init__(self, reason: str, because: str) -> None:
        super().__init__(because)
        self.reason = reason
        self.because = because


def internal() -> tuple[str, str]:
    """Reason and text for a row that Kompang failed on: the log has the cause, and the row may be good."""
    return (
        KompangError.reason,
        "Kompang failed on this row; tell the operator the import and the line, and send the row again later",
    )
