"""Keys, the ring that remembers them, and the scopes."""

import pytest

import kompang.v1.accounts_pb2
import kompang.v1.campaigns_pb2
import kompang.v1.devices_pb2
import kompang.v1.events_pb2
import kompang.v1.leads_pb2
import kompang.v1.messages_pb2
import kompang.v1.overview_pb2
import kompang.v1.sequences_pb2
from gateway.auth import keyring as keyrings
from gateway.auth.key import ApiKey
from gateway.auth.keyring import Keyring
from gateway.auth.scopes import REQUIRED, SCOPES
from gateway.auth.store import StoredKey

FILES = (
    kompang.v1.accounts_pb2,
    kompang.v1.campaigns_pb2,
    kompang.v1.devices_pb2,
    kompang.v1.events_pb2,
    kompang.v1.leads_pb2,
    kompang.v1.messages_pb2,
    kompang.v1.overview_pb2,
    kompang.v1.sequences_pb2,
)


class Finder:
    def __init__(self, *keys: ApiKey) -> None:
        self.keys = {key.public_id: key for key in keys}
        self.asked = 0

    async def find(self, public_id: str) -> StoredKey | None:
        self.asked += 1
        key = self.keys.get(public_id)
        return StoredKey(1, 2, key.secret_hash, frozenset()) if key else None


def test_a_new_key_is_read_back_and_keeps_its_secret() -> None:
    key = ApiKey.new()
    assert ApiKey.parse(f"Bearer {key.text}") == key
    assert ApiKey.parse(f"bearer  {key.text} ") == key
    assert key.secret not in repr(key)
    assert ApiKey.new() != key


@pytest.mark.parametrize(
    "text",
    [
        "", "Bearer", "Bearer ", "kpg_a_0123456789abcdef", "Basic kpg_a_0123456789abcdef",
        "Bearer kpg_a_short",
        "Bearer kpg__0123456789abcdef", "Bearer xyz_a_0123456789abcdef", "Bearer kpg_a_0123456789abcdef!",
        "Bearer kpg_é_0123456789abcdef", "Bearer kpg_" + "a" * 33 + "_0123456789abcdef",
    ],
)  # fmt: skip
def test_a_header_without_a_key_is_read_as_none(text: str) -> None:
    assert ApiKey.parse(text) is None


async def test_the_keyring_asks_for_a_key_once_within_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("gateway.auth.keyring.time.monotonic", lambda: now)
    key = ApiKey.new()
    finder = Finder(key)
    ring = Keyring(finder, ttl_s=5)
    assert await ring.match(key) == await ring.match(key)
    assert await ring.match(ApiKey(key.public_id, "x" * 20)) is None
    assert finder.asked == 1
    finder.keys.clear()
    now += 5
    assert await ring.match(key) is None
    assert await ring.match(key) is None
    assert finder.asked == 2


async def test_a_full_keyring_forgets_its_oldest_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyrings, "_MOST", 3)
    ring = Keyring(Finder(), ttl_s=5)
    for _ in range(10):
        await ring.match(ApiKey.new())
    assert len(ring._known) == 3


def test_every_method_has_a_scope_and_no_other_is_named() -> None:
    methods = {
        f"{service.full_name}/{method.name}"
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert set(REQUIRED) == methods
    assert set(REQUIRED.values()) == set(SCOPES)
