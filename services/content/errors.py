"""The faults of a template, each with its place."""


class TemplateError(ValueError):
    """A template that cannot be rendered; `line` and `column` count from 1, columns in characters."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.line = line
        self.column = column
