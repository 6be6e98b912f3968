"""One choice of a question that a form has split up into columns: `May we text you? (No)`, true or false."""

from collections.abc import Sequence

from gateway.imports.wishes.answer import Answer, answer
from gateway.imports.wishes.cells import DECIDED, Cells
from gateway.imports.wishes.code import code_of
from gateway.imports.wishes.meaning import Meaning, Wish
from gateway.imports.wishes.title import Title

_ABOUT = {"agree", "contact", "subscription"}


def choice_of(index: int, headers: Sequence[str], cells: Cells) -> Wish | None:
    """None for every other column. Whoever has not chosen it has said nothing by that."""
    header = headers[index].strip() if index < len(headers) else ""
    asked, _, chosen = header.removesuffix(")").rpartition("(")
    if not (asked.strip() and header.endswith(")") and cells.are_answers):
        return None
    said, title = answer(chosen), Title.of(asked)
    is_about = bool(title.has & _ABOUT) or title.channel in ("whatsapp", "phone")
    has_others = any(each.startswith(asked.strip()) for at, each in enumerate(headers) if at != index)
    if not is_about or not has_others or said not in (*DECIDED, Answer.OPTED_OUT):
        return None
    told = {each: said if answer(each) is Answer.YES else Answer.NOTHING for each in cells.different}
    legend = tuple((code_of(cell), each.name) for cell, each in told.items())
    return Wish(index, Meaning.CONSENT, is_strict=True, channel=title.channel, legend=legend)
