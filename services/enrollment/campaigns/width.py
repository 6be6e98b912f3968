"""How much of something long is taken at once: less after a failure, until the one at fault stands alone."""


class Width:
    """Begins with `most`; halves with each failure and doubles with each success."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.now = most

    @property
    def is_one(self) -> bool:
        """Whether a failure would be that of one thing."""
        return self.now == 1

    def halve(self) -> None:
        """The last piece failed."""
        self.now = max(1, self.now // 2)

    def double(self) -> None:
        """The last piece worked, or the one at fault is left behind."""
        self.now = min(self._most, self.now * 2)
