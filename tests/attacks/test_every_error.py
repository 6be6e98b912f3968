"""Attacks each place that works on many things: every kind of error there is, raised for one of them."""

import inspect
from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import pytest

from services.runtime import containment
from services.runtime.containment import PASSING, contained, contained_each
from tests.support.errors import EVERY, OF_PYTHON, OF_THE_DRIVER, WORDS
from tests.unit.dispatch import containment as dispatch
from tests.unit.gateway import containment as gateway
from tests.unit.shardhost import containment as shardhost

# What is at hand of fixtures.
HERE = {"error", "counted", "counts", "monkeypatch", "caplog"}


def attacks(module: ModuleType) -> list[Callable[..., Any]]:
    """The tests of a room that are given an error, and nothing else that is not at hand here."""
    found = []
    # A room is a file, or a folder of files.
    files = [
        import_module(f"{module.__name__}.{each.name}")
        for each in iter_modules(getattr(module, "__path__", ()))
    ]
    tests = [
        one for each in files or [module] for one in inspect.getmembers(each, inspect.iscoroutinefunction)
    ]
    for _, test in tests:
        named = [mark.args[0] for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
        if named == ["error"] and inspect.signature(test).parameters.keys() <= HERE:
            found.append(test)
    return found


# Each test of containment, once for all errors: one error a test would be thousands of them.
CASES = [
    *((test, EVERY, lambda kind: kind(WORDS)) for test in attacks(dispatch)),
    *((test, EVERY, lambda kind: kind) for test in attacks(gateway)),
    # No statement is made there.
    *((test, OF_PYTHON, lambda kind: kind(WORDS)) for test in attacks(shardhost)),
]


def test_the_places_are_found_and_so_are_the_errors() -> None:
    assert len(attacks(dispatch)) >= 14
    assert len(attacks(gateway)) >= 3
    assert len(attacks(shardhost)) >= 10
    assert len(OF_THE_DRIVER) > 200


@pytest.mark.parametrize(
    ("test", "kinds", "made"), CASES, ids=lambda given: getattr(given, "__name__", "")[:70] or None
)
async def test_every_error_ends_one_thing(
    test: Callable[..., Any], kinds: list[type[Exception]], made: Callable[..., Any], caplog: Any
) -> None:
    wanted = inspect.signature(test).parameters.keys()
    fallen = []
    for kind in kinds:
        containment.counts.clear()
        counts = {"counted": containment.counts, "counts": containment.counts, "caplog": caplog}
        with pytest.MonkeyPatch.context() as patched:
            given = counts | {"error": made(kind), "monkeypatch": patched}
            try:
                await test(**{name: given[name] for name in wanted})
            except BaseException as error:  # noqa: BLE001 - what it was, is said for each
                fallen.append(f"{kind.__name__}: {type(error).__name__} {error}"[:200])
        caplog.clear()
    assert not fallen, "\n".join(fallen)


async def test_every_error_is_contained() -> None:
    for kind in EVERY:
        with contained("tests.every") as ended:
            raise kind(WORDS)
        assert type(ended.error) is kind
        assert not issubclass(kind, PASSING)
        done: list[int] = []

        async def work(things: Any, kind: Any = kind, done: Any = done) -> None:
            if 2 in things:
                raise kind(WORDS)
            done.extend(things)

        assert await contained_each("tests.every", [1, 2, 3], work, lambda _: {}) == [2]
        assert sorted(done) == [1, 3]
