"""What the columns of one row say together of the wish of its person.

A no of any column counts for more than every yes, an opt-out for more than every no; what is perhaps a no
counts for less than a clear one. Never asked counts for more than a yes, but for a yes about WhatsApp beside
a column that was never asked about SMS.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.imports.cells.text import cell_text
from gateway.imports.errors import RowError
from gateway.imports.wishes.answer import Answer, is_opted_out, opts_out
from gateway.imports.wishes.english_notes import remarked
from gateway.imports.wishes.harmless import is_harmless
from gateway.imports.wishes.inside import inside, said_by
from gateway.imports.wishes.meaning import Wish
from gateway.imports.wishes.note_likeness import OTHER_THRESHOLD, is_like_a_refusal, is_unlike_a_refusal
from gateway.imports.wishes.notes import minds_nothing, wants_none
from gateway.imports.wishes.samples import shown
from gateway.imports.wishes.yes_no import says_no, says_yes

_MAX_SOURCE = 200
REFUSALS = (Answer.OPTED_OUT, Answer.NO, Answer.PERHAPS_NO)
"""Those who said one of them get no message; the first counts for the most."""
# Of one column.
_KEPT = 500
# Between the words of a sentence; without them it has so many letters.
_GAPS = 3
_LETTERS = 6
# Longer cells are seldom met twice.
_SHORT = 60


@dataclass(frozen=True)
class Said:
    """`source`: column and value of a no. `is_own`: a yes of this very person, about WhatsApp."""

    answer: Answer
    source: str = ""
    is_own: bool = False


NOTHING = Said(Answer.NOTHING)
_WEIGHTS = (Answer.OPTED_OUT, Answer.NO, Answer.PERHAPS_NO, Answer.NEVER_ASKED, Answer.YES)


def weightier(first: Said, second: Said) -> Said:
    """Of two that count for one person the one that counts for more; the first of two alike."""
    return next((each for weight in _WEIGHTS for each in (first, second) if each.answer is weight), first)


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
        # No town and no product is a note.
        self._is_weighed = [not is_harmless(self._title(index)) for index in watched]

    def read(self, row: Sequence[str]) -> Said:
        """Raises `RowError` for an answer that nobody can tell, unless another one says no."""
        count = len(row)
        given = [
            (wish, self._said(place, wish, row[wish.index] if wish.index < count else ""))
            for place, wish in enumerate(self._wishes)
        ]
        said = [(wish.index, each) for wish, each in given]
        said += [
            (index, self._noticed(place, index, row[index]))
            for place, index in enumerate(self._watched)
            if index < count
        ]
        spoken = [pair for pair in said if pair[1] is not Answer.NOTHING]
        for refusal in REFUSALS if spoken else ():
            if (index := next((index for index, each in spoken if each is refusal), None)) is not None:
                return Said(refusal, self._source(index, row[index] if index < count else "", refusal))
        wish = next((wish for wish, each in given if each is Answer.NOT_UNDERSTOOD), None) if spoken else None
        if wish:
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
        said = Answer.NO if wants_none(cell) else remarked(cell)
        if said is not Answer.NOTHING:
            return Answer.NOTHING if minds_nothing(cell) and is_unlike_a_refusal(cell) else said
        if self._is_weighed[place] and _is_sentence(cell) and is_like_a_refusal(cell, OTHER_THRESHOLD):
            return Answer.PERHAPS_NO
        if len(silent) < _KEPT and len(cell) <= _SHORT:
            silent.add(cell)
        return Answer.NOTHING

    def _title(self, index: int) -> str:
        header = self._headers[index].strip()[:60] if index < len(self._headers) else ""
        return header or f"column {index + 1}"

    def _source(self, index: int, cell: str, said: Answer) -> str:
        doubt = "perhaps, " if said is Answer.PERHAPS_NO else ""
        return f"import: {self._title(index)}: {doubt}{shown(cell_text(cell), 1, 1)}"[:_MAX_SOURCE]


def _is_sentence(cell: str) -> bool:
    """Whether a cell has the words of one: a town, a product and a kind of people have fewer."""
    return cell.count(" ") >= _GAPS or (len(cell) >= _LETTERS and not cell.isascii() and " " not in cell)


def _agreed(given: Sequence[tuple[Wish, Answer]]) -> Said:
    yes = [wish for wish, said in given if said is Answer.YES]
    never = [wish for wish, said in given if said is Answer.NEVER_ASKED]
    is_about_whatsapp = any(wish.channel == "whatsapp" for wish in yes)
    if never and not (is_about_whatsapp and all(wish.channel == "phone" for wish in never)):
        return Said(Answer.NEVER_ASKED)
    own = any(wish.is_strict and wish.channel != "phone" for wish in yes)
    return Said(Answer.YES, is_own=own) if yes else NOTHING
