"""Every file of ours says in its first line what it is for."""

import re

import pytest

from tests.unit.docs.repository import ROOT

BEGINS = {
    ".py": re.compile(r'r?"""\S'),
    ".sql": re.compile(r"-- (?!name: )\S"),
    ".proto": re.compile(r"// \S"),
    ".toml": re.compile(r"# \S"),
}
PARTS = ("gateway", "services", "shardhost", "infra", "tests", "protos/kompang")


@pytest.mark.parametrize("ending", BEGINS)
def test_a_file_says_what_it_is_for(ending: str) -> None:
    files = [path for part in PARTS for path in (ROOT / part).rglob(f"*{ending}")]
    assert files
    silent = [str(path.relative_to(ROOT)) for path in files if not BEGINS[ending].match(path.read_text())]
    assert not silent


def test_a_folder_of_sources_has_such_a_file() -> None:
    """A package says so in `__init__.py`."""
    folders = {path.parent for part in PARTS[:5] for path in (ROOT / part).rglob("*.py")}
    assert not [str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists()]
