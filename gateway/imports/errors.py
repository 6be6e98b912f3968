"""What is wrong with a file, or with one row of it."""


class FileFault(ValueError):
    """Nothing of this file can be imported; `field` is what the caller can change about it."""

    def __init__(self, field: str, because: str) -> None:
        super().__init__(because)
        self.field = field
        self.because = because


class RowFault(ValueError):
    """One row that is refused: `reason` for programs, `because` for people. Never with a value in it."""

    def __init__(self, reason: str, because: str) -> None:
        super().__init__(because)
        self.reason = reason
        self.because = because
