"""Every rule that code knows of a request is asked: a check that nobody registered would check nothing."""

import importlib
import inspect
import pkgutil
from typing import Any, get_type_hints

import pytest

import gateway
from gateway.api import imports as imports_api
from gateway.leads.check import check_suppress
from gateway.process import CHECK
from kompang.v1 import imports_pb2, leads_pb2

ASKED = {**CHECK.more, **imports_api.CHECK.more}


def _checks() -> dict[str, tuple[Any, Any]]:
    """The functions `check_…(request)` of each noun's `check.py`, with the request that they are for."""
    found = {}
    for room in pkgutil.iter_modules(gateway.__path__):
        if not room.ispkg or "check" not in {
            each.name for each in pkgutil.iter_modules([f"{gateway.__path__[0]}/{room.name}"])
        }:
            continue
        module = importlib.import_module(f"gateway.{room.name}.check")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and "request" in inspect.signature(function).parameters:
                found[f"{room.name}.{name}"] = (get_type_hints(function)["request"], function)
    return found


@pytest.mark.parametrize("name", sorted(_checks()))
def test_a_check_of_a_request_is_asked(name: str) -> None:
    kind, function = _checks()[name]
    assert ASKED.get(kind) is function, f"list {name} in CHECK of gateway/process.py"


def test_the_walk_finds_the_checks() -> None:
    assert len(_checks()) == len(ASKED)


def test_a_reason_is_not_the_word_of_a_persons_own_stop() -> None:
    [found] = CHECK(leads_pb2.SuppressLeadRequest(name="leads/5", reason="stop_word"))
    assert (found.field, "START" in found.description) == ("reason", True)
    assert not check_suppress(leads_pb2.SuppressLeadRequest(name="leads/5", reason="a stop_word, by phone"))
    start = imports_pb2.ImportSuppressionsStart(reason="stop_word")
    told = imports_api.CHECK(imports_pb2.ImportSuppressionsRequest(start=start))
    assert "start.reason" in [each.field for each in told]
