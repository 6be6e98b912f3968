"""What a list could not show is said on standard error; standard output stays what programs read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.cli import calls
from gateway.client import Client


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (
            ["campaigns/5"],
            "1 not shown: this version of the gateway cannot read campaigns/5; ask the operator\n",
        ),
        (
            [f"leads/{n}" for n in range(7)],
            (
                "7 not shown: this version of the gateway cannot read leads/0, leads/1, leads/2, leads/3,"
                " leads/4, …; ask the operator\n"
            ),
        ),
    ],
)
def test_what_a_list_could_not_show_is_named_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], names: list[str], said: str
) -> None:
    class Opened:
        unreachable = names

    @asynccontextmanager
    async def opened(*_: Any, **__: Any) -> AsyncIterator[Any]:
        yield Opened()

    async def work(_: Client) -> str:
        return "the rest"

    monkeypatch.setenv("KOMPANG_GATEWAY_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("KOMPANG_API_KEY", "kpg_aa2342a2_7y7xcTa-dgTRDnaofj")
    monkeypatch.setattr(Client, "opened", opened)
    assert calls.run(work) == "the rest"
    assert capsys.readouterr() == ("", said)
