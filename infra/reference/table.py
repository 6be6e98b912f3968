"""A table of Markdown."""

from collections.abc import Iterable, Sequence


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """With a line break behind each row."""
    return "".join(map(_line, (titles, ["---"] * len(titles), *rows)))


def _line(cells: Sequence[str]) -> str:
    shown = " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return f"| {shown} |\n".replace("|  |", "| |").replace("|  |", "| |")
