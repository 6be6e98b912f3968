"""The table of callers has a row for every method that one of our processes serves."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import kompang
from gateway.auth.scopes import REQUIRED
from services.callers import CALLERS, Role

# Served by the simulated network, which is no part of the product.
NOT_OURS = "kompang.simulation."


def methods() -> Iterator[str]:
    """`package.Service/Method` of every proto that there is: a process can serve no other."""
    for root in map(Path, kompang.__path__):
        for path in root.rglob("*_pb2.py"):
            module = ".".join((kompang.__name__, *path.relative_to(root).with_suffix("").parts))
            for service in importlib.import_module(module).DESCRIPTOR.services_by_name.values():
                if not service.full_name.startswith(NOT_OURS):
                    yield from (f"{service.full_name}/{method.name}" for method in service.methods)


def test_every_method_is_in_the_table_or_asks_for_an_api_key():
    found = set(methods())
    assert "kompang.dispatch.v1.DispatchService/Attach" in found
    assert found == CALLERS.keys() | REQUIRED.keys()
    assert not CALLERS.keys() & REQUIRED.keys()


def test_every_row_names_roles():
    for method, roles in CALLERS.items():
        assert roles, method
        assert roles <= set(map(str, Role)), method
