"""What the values inside one cell say of a person's wish: each is read as a column of its own would be."""

from collections.abc import Iterable
from functools import lru_cache

from gateway.imports.wishes.answer import Answer
from gateway.imports.wishes.cells import Cells
from gateway.imports.wishes.harmless import is_harmless
from gateway.imports.wishes.meaning import Wish
from gateway.imports.wishes.nested import leaves
from gateway.imports.wishes.recognize import NotUnderstood, wish_of
from gateway.imports.wishes.title import Title
from gateway.imports.wishes.yes_no import Kind, kind

_LONGEST = 200
# What counts for more stands first.
_ORDER = (
    Answer.OPTED_OUT, Answer.NO, Answer.PERHAPS_NO, Answer.NOT_UNDERSTOOD, Answer.NEVER_ASKED, Answer.YES,
)  # fmt: skip


def said_by(wish: Wish, header: str, cell: str) -> Answer:
    """What a cell of a column says, whether it has one value or several."""
    found = inside(wish.about or header, cell)
    alone = wish.read(cell)
    if found is None:
        return alone
    if cell.lstrip()[:1] in ("{", "[") and (not wish.is_strict or alone is Answer.NOT_UNDERSTOOD):
        return found
    return next((each for each in _ORDER if each in (found, alone)), Answer.NOTHING)


def is_doubtful(header: str, cells: Iterable[str]) -> bool:
    """Whether a column of such cells has yes and no in it under names that nobody knows."""
    found: dict[str, list[str]] = {}
    for cell in cells:
        for name, value in leaves(cell):
            found.setdefault(name, []).append(value)
    return any(
        Title.of(f"{header} {name}").is_about_nothing
        and not is_harmless(name)
        and kind(values) is Kind.DIVIDED
        for name, values in found.items()
    )


def inside(header: str, cell: str) -> Answer | None:
    """What a cell says that has several values in it; None for any other cell."""
    found = leaves(cell)
    if not found:
        return None
    said = {_said(header, *each) for each in found}
    return next((each for each in _ORDER if each in said), Answer.NOTHING)


def _said(header: str, name: str, value: str) -> Answer:
    return _read(header[:_LONGEST], name[:_LONGEST], value[:_LONGEST])


@lru_cache(maxsize=4096)
def _read(header: str, name: str, value: str) -> Answer:
    if not value:
        return Answer.NOTHING
    title = Title.of(f"{header} {name}")
    if title.is_about_nothing or title.channel == "other":
        return Answer.NOTHING
    try:
        wish = wish_of(0, title, Cells([[value]], 0), has_title=True)
    except NotUnderstood:
        return Answer.NOT_UNDERSTOOD
    if wish is None:
        return Answer.NOTHING
    said = wish.read(value)
    is_yes_elsewhere = said is Answer.YES and wish.channel == "phone"
    return Answer.NOTHING if is_yes_elsewhere else said
