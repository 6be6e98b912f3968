"""Around each test of containment."""

from typing import Any

import pytest

from services.runtime import containment


@pytest.fixture(autouse=True)
def counted(caplog) -> Any:
    """What was contained, by place; nothing of a value is logged."""
    containment.counts.clear()
    yield containment.counts
    assert "a value" not in caplog.text
