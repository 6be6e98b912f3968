"""What the checks of dependencies say, and that no answer is no pass."""

import json

import pytest

from tests.supply import NOT_ASKED, is_allowed, judged, licences, shipped


def answer(*dependencies: dict) -> str:
    return json.dumps({"dependencies": [{"version": "1", **each} for each in dependencies]})


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        (answer({"name": "a", "vulns": []}), 0),
        (answer({"name": "a", "vulns": [{"id": "CVE-1"}]}, {"name": "b", "skip_reason": "?"}), 1),
        (answer({"name": "a", "vulns": []}, {"name": "b", "skip_reason": "not found"}), NOT_ASKED),
        (answer(), NOT_ASKED),
        ("", NOT_ASKED),
        ("[]", NOT_ASKED),
        ("Traceback", NOT_ASKED),
    ],
)
def test_what_an_audit_proves(printed: str, code: int) -> None:
    assert judged(printed, "a connection error") == code


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 AND MIT", True),
        ("BSD-3-Clause", True),
        ("License :: OSI Approved :: Apache Software License", True),
        ("GPL-3.0-only", False),
        ("GPL-2.0-or-later OR MIT", True),
        ("AGPL-3.0 AND MIT", False),
        ("LicenseRef-Proprietary", False),
        ("", False),
    ],
)
def test_which_licences_are_allowed(text: str, allowed: bool) -> None:
    assert is_allowed(text) is allowed


def test_what_is_shipped_is_allowed() -> None:
    assert tuple(name for name, _ in shipped() if name in ("asyncpg", "grpcio")) == ("asyncpg", "grpcio")
    assert licences() == 0
