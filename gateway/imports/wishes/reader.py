"""What the columns of one row say together of the wish of its person.

A no of any column counts for more than every yes, an opt-out for more than every no. Never asked counts for
more than a yes, but for a yes about WhatsApp beside a column that was never asked about SMS.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.imports.cells.text import cell_text
from gateway.imports.errors import RowError
from gateway.imports.wishes.answer import Answer, is_opted_out, opts_out
from gateway.imports.wishes.english_notes import remarked
from gateway.imports.wishes.inside import inside, said_by
from gateway.imports.wishes.meaning import Wish
from gateway.imports.wishes.notes import wants_none
from gateway.imports.wishes.samples import shown
from gateway.imports.wishes.yes_no import says_no, says_yes

_MAX_SOURCE = 200
# Of one column.
_KEPT = 500
# Longer cells are seldom met twice.
_SHORT = 60


@dataclass(frozen=True)
class Said:
    """`source`: column and value of a no. `is_own`: a yes of this very person, about WhatsApp."""

    answer: Answer
    source: str = ""
    is_own: bool = False


NOTHING = Said(Answer.NOTHING)


class WishReader:
    """Reads the rows of one file."""

    def __init__(
        self,
        wishes: Sequence[Wish],
        watched: Sequence[int],
        headers: Sequence[str],
        open_columns: Sequence[int] = (),
        full: Sequence[int] = (),
    ) -> None:
        self._wishes = wishes
        self._watched = watched
        self._headers = headers
        self._open = (*open_columns, *full)
        self._full = full
        # Of most columns the same few values come again and again.
        self._known: list[dict[str, Answer]] = [{} for _ in wishes]
        self._silent: list[set[str]] = [{""} for _ in watched]

    def read(self, row: Sequence[str]) -> Said:
        """Raises `RowError` for an answer that nobody can tell, unless another one says no."""
        count = len(row)
        given = [
            (wish, self._said(place, wish, row[wish.index] if wish.index < count else ""))
            for place, wish in enumerate(self._wishes)
        ]
        answers = {said for _, said in given}
        if Answer.OPTED_OUT in answers:
            wish = next(wish for wish, said in given if said is Answer.OPTED_OUT)
            return Said(Answer.OPTED_OUT, self._source(wish.index, row[wish.index]))
        noted = None
        for place, index in enumerate(self._watched):
            said = self._noticed(place, index, row[index]) if index < count else Answer.NOTHING
            if said is Answer.OPTED_OUT:
                return Said(said, self._source(index, row[index]))
            noted = index if said is Answer.NO else noted
        if noted is not None:
            return Said(Answer.NO, self._source(noted, row[noted]))
        if Answer.NO in answers:
            wish = next(wish for wish, said in given if said is Answer.NO)
            return Said(Answer.NO, self._source(wish.index, row[wish.index]))
        if Answer.NOT_UNDERSTOOD in answers:
            wish = next(wish for wish, said in given if said is Answer.NOT_UNDERSTOOD)
            raise RowError(
                "CONSENT",
                f"{self._title(wish.index)}: is neither yes nor no; write yes or no, or leave the cell empty",
            )
        self._refuse_unasked(row)
        return _agreed(given)

    def _refuse_unasked(self, row: Sequence[str]) -> None:
        """The first no of a column that had none when the caller could have been asked about it."""
        for index in self._open:
            cell = row[index].strip() if index < len(row) else ""
            is_answer = says_no(cell) or (index not in self._full and says_yes(cell))
            if is_answer or (not cell and index in self._full):
                title = self._title(index)
                told = "says yes or no" if cell else "is empty where all before say yes"
                raise RowError(
                    "CONSENT",
                    f"{title}: {told}, and it is not known to what; say what the column is:"
                    f' --map "{title}=consent", or =opt_out, =attr.x, =ignore',
                )

    def _said(self, place: int, wish: Wish, cell: str) -> Answer:
        known = self._known[place]
        said = known.get(cell)
        if said is None:
            said = said_by(wish, self._title(wish.index), cell_text(cell))
            if len(known) < _KEPT:
                known[cell] = said
        return said

    def _noticed(self, place: int, index: int, cell: str) -> Answer:
        """Of a column about something else: an opt-out, or a note that is a no."""
        silent = self._silent[place]
        if cell in silent:
            return Answer.NOTHING
        if said := inside(self._title(index), cell):
            return said
        if is_opted_out(cell) or opts_out(cell):
            return Answer.OPTED_OUT
        if wants_none(cell):
            return Answer.NO
        if (said := remarked(cell)) is not Answer.NOTHING:
            return said
        if len(silent) < _KEPT and len(cell) <= _SHORT:
            silent.add(cell)
        return Answer.NOTHING

    def _title(self, index: int) -> str:
        header = self._headers[index].strip()[:60] if index < len(self._headers) else ""
        return header or f"column {index + 1}"

    def _source(self, index: int, cell: str) -> str:
        return f"import: {self._title(index)}: {shown(cell_text(cell), 1, 1)}"[:_MAX_SOURCE]


def _agreed(given: Sequence[tuple[Wish, Answer]]) -> Said:
    yes = [wish for wish, said in given if said is Answer.YES]
    never = [wish for wish, said in given if said is Answer.NEVER_ASKED]
    is_about_whatsapp = any(wish.channel == "whatsapp" for wish in yes)
    if never and not (is_about_whatsapp and all(wish.channel == "phone" for wish in never)):
        return Said(Answer.NEVER_ASKED)
    own = any(wish.is_strict and wish.channel != "phone" for wish in yes)
    return Said(Answer.YES, is_own=own) if yes else NOTHING
