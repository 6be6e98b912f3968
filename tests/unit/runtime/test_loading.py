"""What a process does not need it does not load: users wait for that, and these tests start hundreds."""

import gc
import subprocess
import sys

import pytest

from services.runtime.loading import loading

_TERMINAL = {"rich", "typer", "yaml"}
# The exporter of traces, which only a process with an endpoint for them needs.
_SDK = "opentelemetry.sdk"
_WITHOUT = {
    "from gateway.cli.app import run; run(['devices', 'list'])": {
        "aiohttp",
        "asyncpg",
        "consul",
        "gateway.cli.admin",
        "opentelemetry",
        "phonenumbers",
        "protovalidate",
        "redis",
        "requests",
        "services.content",
    },
    "import gateway.process": _TERMINAL | {_SDK, "cryptography.hazmat", "redis"},
    "import services.enrollment.process": _TERMINAL | {_SDK, "phonenumbers", "protovalidate", "redis"},
    # The client of Redis loads that SDK by itself.
    "import services.dispatch.process": _TERMINAL | {"cryptography.hazmat", "phonenumbers", "protovalidate"},
    "import shardhost.process": _TERMINAL | {_SDK, "asyncpg", "phonenumbers", "protovalidate", "redis"},
    "import infra.local.network.server": _TERMINAL
    | {_SDK, "aiohttp", "asyncpg", "consul", "opentelemetry.instrumentation", "pydantic", "redis"},
}


@pytest.mark.parametrize("start", _WITHOUT)
def test_a_process_loads_nothing_that_it_does_not_need(start: str):
    code = f"import gc, sys; gc.disable(); {start}; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={})
    assert sorted(_WITHOUT[start] & set(ended.stdout.split())) == []


def test_nobody_looks_for_plugins_of_pydantic_in_all_packages():
    code = """
import importlib.metadata
from services.runtime.loading import loading

def refuse(**_group):
    raise AssertionError

importlib.metadata.entry_points = refuse
with loading():
    import services.runtime.settings
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env={})
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_collector_rests_while_a_process_loads_and_works_afterwards():
    with loading():
        with loading():
            pass
        assert not gc.isenabled()
        kept: list[list[int]] = [[] for _ in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= len(kept)


def test_an_import_that_fails_leaves_the_collector_at_work():
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()
