"""The import contracts leave no part of the product out."""

import tomllib

from tests.unit.docs.repository import ROOT

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def test_runtime_may_import_no_other_part() -> None:
    [contract] = [each for each in CONTRACTS if each["name"] == "runtime knows nobody"]
    found = {path.stem for path in (ROOT / "services").iterdir() if path.suffix == ".py" or path.is_dir()}
    parts = {f"services.{name}" for name in found - {"runtime", "__init__", "__pycache__"}}
    assert parts <= set(contract["forbidden_modules"])
