"""Folders for stacks."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.quick_disk import quick_disk


@pytest.fixture
def parent() -> Iterator[Path]:
    """An empty folder for stacks. Unlike pytest's, one that root's Postgres can reach as nobody."""
    with tempfile.TemporaryDirectory(dir=quick_disk()) as folder:
        path = Path(folder)
        path.chmod(0o711)
        yield path
