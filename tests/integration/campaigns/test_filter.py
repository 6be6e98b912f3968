"""What Postgres makes of a filter is what the filter says: against a plain reading of the same tree."""

import json
import operator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.campaigns.filter import compiled, parse
from gateway.campaigns.filter.syntax import And, Node, Not, Or, Restriction
from tests.support.database import Database

KEYS = ("city", "age", "note")
TEXTS = (
    "",
    "Ipoh",
    "ipoh",
    "30",
    "7",
    "-2.5",
    "1e3",
    "nan",
    "a.c",
    "abc",
    "ÄPFEL",
    "äpfel",
    "50%",
    "a_b",
    '"',
    "\\d",
    "😀 x",
)
TIMES = (1767225600.0, 1767225600.5)
_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_ASK = """
SELECT kompang.lead_matches($1, $2, to_timestamp($3), $4::text::jsonb, $5::text::jsonpath, $6::text::jsonb)
"""

texts = st.sampled_from(TEXTS)
leads = st.fixed_dictionaries(
    {
        "trigger": texts,
        "device": st.integers(1, 3),
        "create_time": st.sampled_from(TIMES),
        "attributes": st.dictionaries(st.sampled_from(KEYS), texts),
    }
)
fields = st.sampled_from(["trigger", *(f"attributes.{key}" for key in KEYS)])
restrictions = st.one_of(
    st.builds(Restriction, fields, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), texts),
    st.builds(Restriction, fields, st.just(":"), texts.filter(bool)),
    st.builds(Restriction, st.sampled_from([f"attributes.{key}" for key in KEYS]), st.just(":"), st.none()),
    st.builds(
        Restriction,
        st.sampled_from([f"attributes.{key}" for key in KEYS]),
        st.sampled_from(list(_ORDER)),
        st.sampled_from([30.0, 7.0, -2.5]),
    ),
    st.builds(Restriction, st.just("device"), st.sampled_from(["=", "!="]), st.integers(1, 3).map(float)),
    st.builds(
        Restriction, st.just("create_time"), st.sampled_from(["=", "!=", *_ORDER]), st.sampled_from(TIMES)
    ),
)
trees = st.recursive(
    restrictions,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


def meant(tree: Node, lead: dict[str, Any]) -> bool:  # noqa: PLR0911 - one a kind of node
    if isinstance(tree, And):
        return all(meant(part, lead) for part in tree.parts)
    if isinstance(tree, Or):
        return any(meant(part, lead) for part in tree.parts)
    if isinstance(tree, Not):
        return not meant(tree.part, lead)
    key = tree.field.removeprefix("attributes.")
    found = lead["attributes"].get(key) if key != tree.field else lead[tree.field]
    if tree.value is None:
        return found is not None
    if tree.comparator in ("=", "!="):
        is_equal = ("" if found is None else found) == tree.value
        return is_equal is (tree.comparator == "=")
    if found is None:
        return False
    if tree.comparator == ":":
        return str(tree.value).lower() in found.lower()
    if key != tree.field and isinstance(tree.value, float):
        try:
            found = float(found)
        except ValueError:
            return False
    return bool(_ORDER[tree.comparator](found, tree.value))


UMLAUT = {"trigger": "7", "device": 3, "create_time": 1767225600.5, "attributes": {"note": "äpfel"}}


async def test_postgres_reads_a_filter_as_it_is_meant(database: Database) -> None:
    async with database.connection() as connection:
        drawn: list[tuple[Node, dict[str, Any]]] = []

        @settings(max_examples=600, suppress_health_check=list(HealthCheck), database=None, deadline=None)
        @example(Restriction("attributes.note", ":", "ÄPFEL"), UMLAUT)
        @given(trees, leads)
        def draw(tree: Node, lead: dict[str, Any]) -> None:
            drawn.append((tree, lead))

        draw()
        wrong = [
            (tree, lead) for tree, lead in drawn if await asked(connection, tree, lead) != meant(tree, lead)
        ]
        assert not wrong[:3]
        # Both answers came, or nothing was shown.
        answers = [meant(tree, lead) for tree, lead in drawn]
        assert 50 < sum(answers) < len(answers) - 50


async def asked(connection: asyncpg.Connection, tree: Node, lead: dict[str, Any]) -> bool:
    question = compiled(tree)
    return bool(
        await connection.fetchval(
            _ASK,
            lead["trigger"],
            lead["device"],
            lead["create_time"],
            json.dumps(lead["attributes"]),
            question.path,
            json.dumps(question.values),
        )
    )


@pytest.mark.parametrize(
    "value", ["'); DROP TABLE kompang.lead; --", '" || true || "', "\\", "\\u0041", "$v0", '"]}', "\n"]
)
async def test_no_value_is_more_than_a_value(database: Database, value: str) -> None:
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    lead = {"trigger": "", "device": 1, "create_time": TIMES[0], "attributes": {"note": value}}
    other = lead | {"attributes": {"note": "x"}}
    async with database.connection() as connection:
        for comparator in ("=", ":"):
            tree = parse(f"attributes.note {comparator} {quoted}")
            assert tree is not None
            assert await asked(connection, tree, lead)
            assert not await asked(connection, tree, other)


def test_the_times_are_what_they_look_like() -> None:
    assert datetime.fromtimestamp(TIMES[0], UTC).year == 2026
