"""A bad variable is refused in plain words before anything is asked, and its value never told."""

import pydantic
import pytest

from gateway.cli.settings import ClientSettings
from services.runtime.settings import explained

KEY = "kpg_aa2342a2_7y7xcTa-dgTRDnaofj"


def told(monkeypatch: pytest.MonkeyPatch, address: str, key: str) -> str:
    monkeypatch.setenv("KOMPANG_GATEWAY_ADDRESS", address)
    monkeypatch.setenv("KOMPANG_API_KEY", key)
    with pytest.raises(pydantic.ValidationError) as caught:
        ClientSettings()
    return explained(caught.value)


@pytest.mark.parametrize(
    "key", ["", "abc", "kpg_ü", f"{KEY}\r", f"{KEY}\n", f" {KEY}", f"{KEY} x", f'"{KEY}"']
)
def test_a_key_that_no_call_could_carry_is_refused(monkeypatch: pytest.MonkeyPatch, key: str):
    line = told(monkeypatch, "127.0.0.1:7000", key)
    assert line.startswith("KOMPANG_API_KEY: is no API key; set it as")
    assert KEY not in line


@pytest.mark.parametrize(
    "address", ["", "localhost", "127.0.0.1:", ":7000", "http://127.0.0.1:7000", "a:x", "a b:1"]
)
def test_an_address_without_host_or_port_is_refused(monkeypatch: pytest.MonkeyPatch, address: str):
    line = told(monkeypatch, address, KEY)
    assert (
        line
        == "KOMPANG_GATEWAY_ADDRESS: must be host:port of a gateway, such as 127.0.0.1:7000 or https://kompang:7000"
    )


@pytest.mark.parametrize("address", ["127.0.0.1:7000", "https://gateway.example:443", "[::1]:7000"])
def test_what_is_right_is_taken(monkeypatch: pytest.MonkeyPatch, address: str):
    monkeypatch.setenv("KOMPANG_GATEWAY_ADDRESS", address)
    monkeypatch.setenv("KOMPANG_API_KEY", KEY)
    assert (ClientSettings().gateway_address, ClientSettings().key) == (address, KEY)
