"""Columns of yes and no under titles that nobody knows: one of them may be a permission.

Where a permission is given for all of a file, such a column with a no in it is asked about before anything is
written. A no that comes later than the rows that were looked at refuses its row.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum, auto

from gateway.imports.wishes.answer import Answer, answer, is_date
from gateway.imports.wishes.fold import squeezed
from gateway.imports.wishes.harmless import is_harmless, is_of_another_moment
from gateway.imports.wishes.meaning import Meaning, Wish
from gateway.imports.wishes.title import Title
from gateway.imports.wishes.vocabulary import VALUES

_REFUSALS = (Answer.NO, Answer.OPTED_OUT, Answer.NEVER_ASKED)
# Of ten cells nine are yes, no or the like.
_MOST = 0.9
# Columns with more different cells are no columns of yes and no.
FEW = 60
_LONGEST = 60
_PAIR = 2
_MOST_LIGHTS = 6
_MOST_CODES = 8
_SHORTEST_CODE = 2
_LONGEST_CODE = 8
_OF_MESSAGES = {"agree", "contact", "perhaps"}
_HEARD = ("whatsapp", "phone")
_STOPPING = VALUES["halt"] | VALUES["amber"]
_NOTHING = {"-", "–", "—", "?", "."}
_PAIRS = ({"g", "r"}, {"v", "r"})


class Kind(Enum):
    """What the cells of a column are."""

    OTHER = auto()
    # Nothing, or yes alone: what comes later may say no.
    OPEN = auto()
    # Yes in each: an empty cell that comes later may say no.
    FULL = auto()
    # Yes and no, or boxes to tick some of which are empty.
    DIVIDED = auto()


def says_no(cell: str) -> bool:
    """Whether a cell is a no of any kind, in a column of such cells."""
    return len(cell) <= _LONGEST and (squeezed(cell) in _STOPPING or answer(cell) in _REFUSALS)


def says_yes(cell: str) -> bool:
    """Whether a cell is a yes, in a column of such cells."""
    return len(cell) <= _LONGEST and (squeezed(cell) in VALUES["go"] or answer(cell) is Answer.YES)


def kind(cells: Iterable[str]) -> Kind:
    """Of the cells of one column."""
    counts: Counter[str] = Counter()
    for cell in cells:
        counts[cell.strip()] += 1
        if len(counts) > FEW:
            break
    return kind_of(counts)


def kind_of(cells: Counter[str]) -> Kind:
    """Of how often each cell stands in a column."""
    counts = Counter(cells)
    if len(counts) > FEW:
        return Kind.OTHER
    empty = counts.pop("", 0)
    if _are_contrary(counts) or _are_signs(counts, empty) or _are_frequencies(counts):
        return Kind.DIVIDED
    said: Counter[str] = Counter()
    for cell, count in counts.items():
        said[_said(cell)] += count
    yes, no, other = said["yes"], said["no"], said["other"]
    if other > (1 - _MOST) * (yes + no + other):
        return Kind.OTHER
    # `-` in place of a tick may be a no.
    if no or (yes and (empty or said["nothing"])):
        return Kind.DIVIDED
    return Kind.FULL if yes else Kind.OPEN


def _are_contrary(cells: Iterable[str]) -> bool:
    """Two words of which one denies the other, or is a no where both are single letters: `O` and `N`."""
    pair = {squeezed(cell[:_LONGEST]) for cell in cells if len(cell) <= _LONGEST}
    if len(pair) != _PAIR:
        return False
    shorter, longer = sorted(pair, key=len)
    if pair in _PAIRS:
        return True
    if len(longer) == 1:
        return any(map(says_no, pair)) and longer.isalpha() and shorter.isalpha()
    return bool(shorter) and longer.removesuffix(shorter) in VALUES["contrary"]


def _are_frequencies(cells: Collection[str]) -> bool:
    """`weekly`, `never`: how often somebody wants to hear of us, and that it is not at all."""
    said = {squeezed(cell) for cell in cells if len(cell) <= _LONGEST}
    return len(said) > 1 and not said.isdisjoint(VALUES["seldom"]) and not said.isdisjoint(VALUES["often"])


def _are_signs(cells: Collection[str], empty: int) -> bool:
    """Pictures or signs of two kinds, or of one kind and nothing."""
    said = set(cells) - _NOTHING
    is_divided = len(cells) + bool(empty) == _PAIR
    return bool(said) and is_divided and not any(map(squeezed, said))


def _said(cell: str) -> str:
    if says_no(cell):
        return "no"
    if says_yes(cell):
        return "yes"
    is_nothing = len(cell) <= _LONGEST and answer(cell) is Answer.NOTHING
    return "nothing" if is_nothing else "other"


def _are_lights(cells: Iterable[str]) -> bool:
    """Red and green, perhaps yellow, and no other colour; grey beside all three: somebody who has gone."""
    said: set[str] = set()
    for cell in cells:
        # `red/green`: somebody was not sure.
        said.update(filter(None, map(squeezed, cell[:_LONGEST].split("/"))))
        if len(said) > _MOST_LIGHTS:
            return False
    has_both = not said.isdisjoint(VALUES["go"]) and not said.isdisjoint(VALUES["halt"])
    faded = frozenset() if said.isdisjoint(VALUES["amber"]) else VALUES["faded"]
    return has_both and said <= VALUES["go"] | VALUES["halt"] | VALUES["amber"] | faded


def _has_footnote(title: Title, header: str, cells: Iterable[str]) -> bool:
    """Few codes under a title about messages that has a mark, `Promo code*`: their legend is lost."""
    if "*" not in header or not (title.has & _OF_MESSAGES or title.channel in _HEARD):
        return False
    values = set()
    for cell in cells:
        values.add(squeezed(cell[:_LONGEST]))
        if len(values) > _MOST_CODES or is_date(cell):
            return False
    values.discard("")
    return len(values) > 1 and all(len(each) <= _SHORTEST_CODE for each in values)


def _is_code(title: Title, cells: Iterable[str]) -> bool:
    """Two words or numbers under a title about messages: `Perm WA`, `01` and `02`."""
    if title.has & {"business", "tags", "beside"} or not (
        title.has & _OF_MESSAGES or title.channel in _HEARD
    ):
        return False
    values = set()
    for cell in cells:
        if cell.strip():
            values.add(squeezed(cell[:_LONGEST]))
        if len(values) > _PAIR or is_date(cell):
            return False
    return len(values) == _PAIR and all(len(each) <= _LONGEST_CODE for each in values)


def _are_some_moments(header: str, cells: Sequence[str]) -> bool:
    """A time for some and none for others: perhaps that of an opt-out, unless the title says of what."""
    filled = [cell for cell in cells if cell.strip()]
    if not filled or len(filled) == len(cells) or is_of_another_moment(header):
        return False
    return sum(map(is_date, filled)) >= _MOST * len(filled)


def _is_heard(cells: Iterable[str], wish: Wish | None) -> bool:
    """Whether the column counts already, and each no of it does."""
    if wish is None:
        return False
    noes = {cell for cell in cells if says_no(cell)}
    if not noes:
        # A tick in a column of notes may be one.
        return wish.meaning is not Meaning.MENTIONS
    return not any(squeezed(cell) in VALUES["halt"] for cell in noes)


def columns_of_yes_and_no(
    headers: Sequence[str],
    free: Iterable[int],
    rows: Sequence[Sequence[str]],
    wishes: Mapping[int, Wish],
    unclear: Sequence[int] = (),
) -> Mapping[int, Kind]:
    """Of the columns that nobody knows those whose cells may be a permission.

    `free`: columns without a meaning; `unclear`: those that are asked about already.
    """
    found: dict[int, Kind] = {}
    for index in free:
        header = headers[index] if index < len(headers) else ""
        wish = wishes.get(index)
        is_known = wish is not None and (wish.is_strict or wish.meaning not in _LOOSE)
        if is_known or index in unclear:
            continue
        cells = [row[index] if index < len(row) else "" for row in rows]
        if squeezed(header) in VALUES["colour"] and _are_lights(cells):
            # Red and green under `Colour` alone may be a legend's.
            found[index] = Kind.DIVIDED
            continue
        if is_harmless(header):
            continue
        title = Title.of(header)
        if title.channel == "other":
            # Of another channel, whatever it says.
            continue
        is_asked = (
            _is_code(title, cells) or _are_some_moments(header, cells) or _has_footnote(title, header, cells)
        )
        which = Kind.DIVIDED if is_asked else kind(cells)
        if which is not Kind.OTHER and not _is_heard(cells, wish):
            found[index] = which
    return found


_LOOSE = (Meaning.MENTIONS, Meaning.STATUS)
