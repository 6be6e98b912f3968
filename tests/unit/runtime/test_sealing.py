"""What is sealed is read with the key and in its scope alone."""

import pytest

from services.runtime.sealing import Sealing
from services.runtime.secret import RootSecret

OLD, NEW = b"o" * 32, b"n" * 32
TEXT = "http://shop:pa%20ss@proxy:3128"


def test_a_text_is_read_in_its_scope_also_after_the_secret_changed() -> None:
    before = Sealing.of(RootSecret(OLD), "proxies")
    sealed = before.seal(TEXT, "+60123")
    assert sealed != before.seal(TEXT, "+60123")
    assert b"shop" not in sealed
    assert Sealing.of(RootSecret(NEW, OLD), "proxies").unseal(sealed, "+60123") == TEXT


@pytest.mark.parametrize(
    ("sealing", "scope", "cut"),
    [
        (Sealing.of(RootSecret(OLD), "proxies"), "+60124", 0),
        (Sealing.of(RootSecret(OLD), "another purpose"), "+60123", 0),
        (Sealing.of(RootSecret(NEW), "proxies"), "+60123", 0),
        (Sealing.of(RootSecret(OLD), "proxies"), "+60123", 1),
        (Sealing.of(RootSecret(OLD), "proxies"), "+60123", 100),
    ],
    ids=["another row", "another purpose", "another secret", "cut", "nothing left"],
)
def test_nothing_else_reads_it(sealing: Sealing, scope: str, cut: int) -> None:
    sealed = Sealing.of(RootSecret(OLD), "proxies").seal(TEXT, "+60123")
    with pytest.raises(ValueError, match="not sealed"):
        sealing.unseal(sealed[: len(sealed) - cut] if cut < len(sealed) else b"", scope)
