"""Contained errors are counted from nothing in each test."""

from collections.abc import Mapping

import pytest

from services.runtime import containment


@pytest.fixture(autouse=True)
def counts() -> Mapping[str, int]:
    """Contained errors of this test, by place."""
    containment.counts.clear()
    return containment.counts
