"""From words to a tree, by the grammar of AIP-160 without functions and bare words.

expression  = sequence {AND sequence}
sequence    = factor {factor}              what stands side by side is joined by AND
factor      = term {OR term}               so OR binds tighter than AND
term        = [NOT | "-"] simple
simple      = restriction | "(" expression ")"
restriction = field comparator value
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from gateway.campaigns.filter.fields import Value, field, value
from gateway.campaigns.filter.words import FilterError, Kind, Word, words

# Deeper than anybody writes by hand, and no danger to the stacks of Python and Postgres.
_DEEPEST = 40
_MOST = 300


@dataclass(frozen=True)
class And:
    """True of a lead when all parts are."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True)
class Or:
    """True of a lead when one part at least is."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True)
class Not:
    """True of a lead exactly when the part is not."""

    part: "Node"


@dataclass(frozen=True)
class Restriction:
    """`field` is `trigger`, `device`, `create_time` or `attributes.KEY`; value None: whether there is one."""

    field: str
    comparator: str
    value: Value | None


Node: TypeAlias = And | Or | Not | Restriction


def parse(text: str) -> Node | None:
    """The tree; None for an empty filter, which every lead passes. Raises `FilterError`."""
    parser = _Parser(words(text))
    if parser.is_at_end():
        return None
    tree = parser.expression(0)
    if not parser.is_at_end():
        raise FilterError("this ) was never opened; remove it", parser.next.column)
    return tree


class _Parser:
    """`next` is the first word not taken yet."""

    def __init__(self, found: Iterable[Word]) -> None:
        self._words = iter(found)
        self.next = next(self._words)
        self._restrictions = 0

    def is_at_end(self) -> bool:
        return self.next.kind is Kind.END

    def expression(self, depth: int) -> Node:
        sequences = [self._sequence(depth)]
        while self._takes(Kind.AND):
            sequences.append(self._sequence(depth))
        return sequences[0] if len(sequences) == 1 else And(tuple(sequences))

    def _sequence(self, depth: int) -> Node:
        factors = [self._factor(depth)]
        while self.next.kind not in (Kind.AND, Kind.OR, Kind.CLOSE, Kind.END):
            factors.append(self._factor(depth))
        return factors[0] if len(factors) == 1 else And(tuple(factors))

    def _factor(self, depth: int) -> Node:
        terms = [self._term(depth)]
        while self._takes(Kind.OR):
            terms.append(self._term(depth))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _term(self, depth: int) -> Node:
        if self._takes(Kind.NOT) or self._takes(Kind.MINUS):
            return Not(self._simple(depth))
        return self._simple(depth)

    def _simple(self, depth: int) -> Node:
        opened = self.next
        if not self._takes(Kind.OPEN):
            return self._restriction()
        if depth == _DEEPEST:
            raise FilterError(f"more than {_DEEPEST} parentheses in each other; use fewer", opened.column)
        inner = self.expression(depth + 1)
        if not self._takes(Kind.CLOSE):
            raise FilterError("this ( is never closed; write ) where it ends", opened.column)
        return inner

    def _restriction(self) -> Restriction:
        self._restrictions += 1
        if self._restrictions > _MOST:
            raise FilterError(f"more than {_MOST} comparisons; use a list of leads", self.next.column)
        named = self._take()
        if named.kind is not Kind.NAME:
            raise FilterError(_expected("the name of a field", named), named.column)
        compared = self._take()
        if compared.kind is not Kind.COMPARATOR:
            text = _expected(f"a comparison after '{named.text}', such as = or !=", compared)
            raise FilterError(text, compared.column)
        given = self._take()
        if given.kind not in (Kind.NAME, Kind.STRING):
            raise FilterError(_expected(f"a value after {compared.text}", given), given.column)
        if (named.text, compared.text) == ("attributes", ":"):
            return Restriction(field(Word(Kind.NAME, f"attributes.{given.text}", given.column)), ":", None)
        name = field(named)
        return Restriction(name, compared.text, value(name, compared, given))

    def _take(self) -> Word:
        taken = self.next
        if taken.kind is not Kind.END:
            self.next = next(self._words)
        return taken

    def _takes(self, kind: Kind) -> bool:
        if self.next.kind is not kind:
            return False
        self._take()
        return True


def _expected(what: str, found: Word) -> str:
    got = "the filter ends" if found.kind is Kind.END else f"there is '{found.text or found.kind}'"
    return f"{what} is missing here: {got}"
