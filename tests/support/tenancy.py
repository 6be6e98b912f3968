"""Which tables of a statement are bound to an account: read from its parse tree, as Postgres parses it.

A reference to a tenant's table is bound when a condition that always holds (a conjunct of WHERE or of
a join's ON) makes its `account_id` equal to a parameter, or makes one of its columns equal to a column of a
reference that is bound. A query in FROM, a CTE and a subquery of a condition are bound when all of theirs
are, and there is one; what a subquery refers to outside of itself counts as it does there. Any other
parameter binds nothing.

That is the rule `BY_ACCOUNT`, for statements that a caller's words reach. Processes inside the mesh work on
rows of all accounts, in batches that name them: by `BY_KEY` a reference is bound, too, when its key, or that
of the account, device, shard, lead, sequence, enrollment or campaign that it belongs to, is one of the
parameters or of their arrays. What is left are statements that look through all there is.
"""
# To the type checker every field of a node may be None.
# mypy: disable-error-code="arg-type, union-attr, list-item, index"

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from pglast import ast, enums, parse_sql

TENANT = frozenset({
    "account", "api_key", "audit", "campaign", "campaign_change", "campaign_count", "campaign_device",
    "campaign_lead", "campaign_listed_lead", "campaign_sweep", "consent", "device", "device_pace",
    "enrollment",
    "event", "import", "import_error", "import_seen", "inbound", "lead", "message", "quarantine", "request",
    "sequence", "sequence_step", "suppression", "wording",
})  # fmt: skip
"""The tables whose rows belong to an account."""


BY_ACCOUNT = frozenset({"account_id"})
BY_KEY = BY_ACCOUNT | {
    "id", "device_id", "shard", "lead_id", "sequence_id", "enrollment_id", "campaign_id", "step_id",
}  # fmt: skip
"""The columns that a parameter binds."""

# A condition, and the references that it can bind; None: all.
_Condition = tuple[Any, set[str] | None]


class _Is(Enum):
    """What a query gives to whoever joins it: all of it is bound, or said by the process, or neither."""

    BOUND = auto()
    SAID = auto()
    LOOSE = auto()


@dataclass
class _Scope:
    """The references of one query; those of the queries around it are visible."""

    around: "_Scope | None"
    ctes: dict[str, _Is]
    keys: frozenset[str] = BY_ACCOUNT
    # Alias → the tenant's table, or None for what is bound by itself or belongs to nobody.
    tables: dict[str, str | None] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    # Those made of parameters alone: arrays that the process gives.
    said: set[str] = field(default_factory=set)

    def is_bound(self, alias: str) -> bool:
        if alias in self.tables:
            return alias in self.bound
        return self.around is not None and self.around.is_bound(alias)

    def is_said(self, alias: str) -> bool:
        if alias in self.tables:
            return alias in self.said
        return self.around is not None and self.around.is_said(alias)


def unbound(statement: str, keys: frozenset[str] = BY_ACCOUNT) -> list[str]:
    """The references to tenants' tables that no key binds, as `table alias`."""
    found: list[str] = []
    for raw in parse_sql(statement):
        _query(raw.stmt, _Scope(None, {}, keys), {}, found)
    return found


def _query(query: Any, around: _Scope, ctes: dict[str, _Is], found: list[str]) -> _Is:
    """What it gives to whoever joins it; adds to `found` what is not bound."""
    before = len(found)
    ctes = dict(ctes)
    clause = getattr(query, "withClause", None)
    for cte in clause.ctes if clause else ():
        ctes[cte.ctename] = _query(cte.ctequery, around, ctes, found)
    if isinstance(query, ast.SelectStmt) and query.larg is not None:
        sides = [_query(side, around, ctes, found) for side in (query.larg, query.rarg)]
        return max(sides, key=lambda side: side.value)
    scope = _Scope(around, ctes, around.keys)
    conditions: list[_Condition] = []
    sources = [
        *(getattr(query, "fromClause", None) or ()),
        *(getattr(query, "usingClause", None) or ()),
    ]
    if isinstance(query, ast.UpdateStmt | ast.DeleteStmt):
        sources.insert(0, query.relation)
    queries: list[tuple[str, Any]] = []
    for source in sources:
        _source(source, scope, conditions, queries)
    if isinstance(query, ast.InsertStmt):
        _insert(query, scope, found)
    where = getattr(query, "whereClause", None)
    if where is not None:
        conditions.append((where, None))
    conjuncts = [(each, only) for condition, only in conditions for each in _conjuncts(condition)]
    _bind(scope, conjuncts)
    # A LATERAL query sees what stands before it.
    for alias, subquery in queries:
        _keep(scope, alias, _query(subquery, scope, ctes, found))
        _bind(scope, conjuncts)
    for alias, table in scope.tables.items():
        if table is not None and alias not in scope.bound:
            found.append(f"{table} {alias}" if alias != table else table)
    for subquery in _subqueries(query, {id(each) for each in sources}):
        _query(subquery, scope, ctes, found)
    if len(found) > before:
        return _Is.LOOSE
    if scope.bound or not isinstance(query, ast.SelectStmt):
        return _Is.BOUND
    return _Is.SAID if scope.said else _Is.LOOSE


def _keep(scope: _Scope, alias: str, what: _Is) -> None:
    if what is _Is.BOUND:
        scope.bound.add(alias)
    elif what is _Is.SAID:
        scope.said.add(alias)


def _source(source: Any, scope: _Scope, conditions: list[_Condition], queries: list[tuple[str, Any]]) -> None:
    """Takes in what FROM names; `queries` are the queries there, by their aliases."""
    match source:
        case ast.RangeVar():
            alias = source.alias.aliasname if source.alias else source.relname
            if source.relname in scope.ctes and source.schemaname is None:
                scope.tables[alias] = None
                _keep(scope, alias, scope.ctes[source.relname])
            else:
                scope.tables[alias] = source.relname if source.relname in TENANT else None
        case ast.JoinExpr():
            _source(source.larg, scope, conditions, queries)
            _source(source.rarg, scope, conditions, queries)
            optional = _optional(source)
            if source.quals is not None:
                conditions.append((source.quals, optional))
            for column in source.usingClause or ():
                left, right = _aliases(source.larg), _aliases(source.rarg)
                conditions += [(_equal(a, b, column.sval), optional) for a in left for b in right]
        case ast.RangeSubselect():
            alias = source.alias.aliasname if source.alias else "?"
            scope.tables[alias] = None
            queries.append((alias, source.subquery))
        case ast.RangeFunction():
            if source.alias:
                scope.tables[source.alias.aliasname] = None
                # One that reads the array of a row says no more than the row.
                leaves = list(_leaves(source.functions))
                if scope.keys is not BY_ACCOUNT and leaves and not _columns(leaves):
                    scope.said.add(source.alias.aliasname)


def _columns(leaves: Iterable[Any]) -> list[Any]:
    return [each for each in leaves if isinstance(each, ast.ColumnRef)]


def _insert(query: ast.InsertStmt, scope: _Scope, found: list[str]) -> None:
    """What is inserted names its account, or comes from what is bound."""
    table = query.relation.relname
    names = {column.name for column in query.cols or ()}
    if table in TENANT and "account_id" not in names and isinstance(query.selectStmt, ast.SelectStmt):
        rows = query.selectStmt
        if rows.valuesLists and not rows.fromClause:
            found.append(f"INSERT {table}")


def _bind(scope: _Scope, conjuncts: Iterable[_Condition]) -> None:
    equalities = [(*pair, only) for each, only in conjuncts for pair in _equalities(each)]
    changed = True
    while changed:
        changed = False
        for column, other, only in equalities:
            alias = _alias(column, scope)
            if alias is None or alias in scope.bound or (only is not None and alias not in only):
                continue
            if _binds(column, other, scope):
                scope.bound.add(alias)
                changed = True


def _binds(column: ast.ColumnRef, other: Any, scope: _Scope) -> bool:
    name = column.fields[-1].sval
    match other:
        case ast.TypeCast():
            return _binds(column, other.arg, scope)
        case ast.ParamRef():
            return name in scope.keys or (
                name == "id" and scope.tables.get(_alias(column, scope) or "") == "account"
            )
        case ast.ColumnRef():
            alias = _alias(other, scope)
            if alias is None:
                return False
            return scope.is_bound(alias) or (scope.is_said(alias) and name in scope.keys)
        case ast.SubLink():
            return _query(other.subselect, scope, scope.ctes, []) is _Is.BOUND
        case _:
            # Made of columns that are bound, and of nothing that a caller says.
            parts = list(_leaves(other))
            columns = [each for each in parts if isinstance(each, ast.ColumnRef)]
            said = any(isinstance(each, ast.ParamRef) for each in parts)
            return bool(columns) and not said and all(_binds(column, each, scope) for each in columns)


def _leaves(value: object) -> Iterator[Any]:
    """The columns, parameters and subqueries of an expression."""
    if isinstance(value, ast.ColumnRef | ast.ParamRef):
        yield value
    elif isinstance(value, ast.Node):
        for name in value:
            yield from _leaves(getattr(value, name))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _leaves(each)


def _equalities(condition: Any) -> Iterator[tuple[ast.ColumnRef, Any]]:
    match condition:
        case ast.A_Expr() if condition.name[-1].sval == "=":
            left, right = condition.lexpr, condition.rexpr
            pairs = [(left, right)]
            if isinstance(left, ast.RowExpr) and isinstance(right, ast.RowExpr):
                pairs = list(zip(left.args, right.args, strict=True))
            for a, b in pairs:
                if isinstance(a, ast.ColumnRef):
                    yield a, b
                if isinstance(b, ast.ColumnRef):
                    yield b, a
        case ast.SubLink() if condition.testexpr is not None:
            tested = condition.testexpr
            for column in tested.args if isinstance(tested, ast.RowExpr) else [tested]:
                if isinstance(column, ast.ColumnRef):
                    yield column, condition


def _conjuncts(condition: Any) -> Iterator[Any]:
    if isinstance(condition, ast.BoolExpr) and condition.boolop is enums.BoolExprType.AND_EXPR:
        for each in condition.args:
            yield from _conjuncts(each)
    else:
        yield condition


def _alias(column: ast.ColumnRef, scope: _Scope) -> str | None:
    """Whose column it is; without a name before it, that of the only reference there is."""
    names = [each.sval for each in column.fields if isinstance(each, ast.String)]
    if len(names) >= 2:
        return names[-2]
    real = list(scope.tables)
    return real[0] if len(real) == 1 else next((each for each in real if scope.tables[each]), None)


def _optional(join: ast.JoinExpr) -> set[str] | None:
    """The references that the condition of an outer join can bind; of an inner one all (None)."""
    match join.jointype:
        case enums.JoinType.JOIN_LEFT:
            return {*_aliases(join.rarg)}
        case enums.JoinType.JOIN_RIGHT:
            return {*_aliases(join.larg)}
        case enums.JoinType.JOIN_FULL:
            return set()
        case _:
            return None


def _aliases(source: Any) -> list[str]:
    match source:
        case ast.RangeVar():
            return [source.alias.aliasname if source.alias else source.relname]
        case ast.JoinExpr():
            return _aliases(source.larg) + _aliases(source.rarg)
        case _:
            return [source.alias.aliasname] if getattr(source, "alias", None) else []


def _equal(left: str, right: str, column: str) -> ast.A_Expr:
    def of(alias: str) -> ast.ColumnRef:
        return ast.ColumnRef(fields=(ast.String(sval=alias), ast.String(sval=column)))

    return ast.A_Expr(
        kind=enums.A_Expr_Kind.AEXPR_OP, name=(ast.String(sval="="),), lexpr=of(left), rexpr=of(right)
    )


def _subqueries(node: Any, skipped: set[int]) -> Iterator[Any]:
    """The queries in its expressions; those of FROM and WITH are looked at elsewhere."""
    for name in node.__slots__ if hasattr(node, "__slots__") else ():
        if name in ("withClause", "fromClause", "usingClause"):
            continue
        yield from _below(getattr(node, name, None))


def _below(value: object) -> Iterator[Any]:
    if isinstance(value, ast.SelectStmt):
        yield value
    elif isinstance(value, ast.Node):
        for name in value:
            yield from _below(getattr(value, name))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _below(each)
