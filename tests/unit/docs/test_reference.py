"""The lists of settings, metrics and functions in docs are complete and current."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.reference import functions, instruments, settings
from infra.reference.__main__ import DOCS, lists, renewed, stale
from services.runtime.settings import Settings
from tests.unit.docs.repository import ROOT

pytestmark = pytest.mark.xdist_group("docs")


def test_the_lists_are_what_the_code_says() -> None:
    assert not stale(), "run `make generate`"


@pytest.mark.parametrize("name", lists())
def test_a_list_that_is_not_current_is_found(name: str) -> None:
    text = (DOCS / name).read_text()
    [first, *_] = re.findall(r"^\| `.*\n", text, re.MULTILINE)
    assert renewed(text.replace(first, ""), lists()[name]()) == text
    with pytest.raises(ValueError, match="behind it"):
        renewed(text.replace("<!-- end -->", ""), "")


def _leaves(kind: type[Settings]) -> Iterator[type[Settings]]:
    below = kind.__subclasses__()
    if not below:
        yield kind
    for each in below:
        yield from _leaves(each)


def test_every_class_of_settings_is_listed() -> None:
    for path in ROOT.glob("*/**/settings.py"):
        if path.parts[len(ROOT.parts)] in ("gateway", "services", "shardhost", "infra"):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    listed = {kind for kinds in settings.PROCESSES.values() for kind in kinds}
    of_product = {kind for kind in _leaves(Settings) if not kind.__module__.startswith("tests.")}
    assert of_product <= {base for kind in listed for base in kind.__mro__}


def test_nobody_reads_the_environment_beside_the_settings() -> None:
    """Names that begin with KOMPANG_ in the product's sources are settings, or a part of the name of one."""
    known = " ".join(line for line in (DOCS / "settings.md").read_text().splitlines())
    for part in ("gateway", "services", "shardhost"):
        for path in sorted((ROOT / part).rglob("*.py")):
            for name in re.findall(r"\bKOMPANG_[A-Z][A-Z_]*", path.read_text()):
                assert f"`{name}" in known, f"{path}: {name}"


def test_an_instrument_is_read_with_its_attributes() -> None:
    text = (
        '_x = meter().create_counter("kompang.x", unit="{call}", description="Calls.")\n_x.add(1, {"a": b})\n'
    )
    [found] = instruments.in_module(text, "m")
    assert (found.name, found.kind, found.unit, found.attributes) == (
        "kompang.x",
        "counter",
        "{call}",
        ("a",),
    )
    for bad in (text.replace('"kompang.x"', "NAME"), text.replace('{"a": b}', "given")):
        with pytest.raises(ValueError, match="m: "):
            list(instruments.in_module(bad, "m"))


# What may divide a metric into series: words of the code, never of a person, a message or a device.
ATTRIBUTES = {
    "error.type",
    "kompang.end",
    "kompang.meaning",
    "kompang.place",
    "kompang.places",
    "kompang.reason",
    "kompang.receipt",
    "kompang.transport",
    "rpc.method",
}


@pytest.mark.parametrize("each", instruments.instruments(), ids=lambda each: each.name)
def test_a_metric_has_a_name_a_unit_and_words(each: instruments.Instrument) -> None:
    assert re.fullmatch(r"kompang(\.[a-z][a-z0-9]*(_[a-z0-9]+)*)+", each.name)
    assert re.fullmatch(r"\{[a-z]+\}|s|By|1", each.unit)
    assert each.description.endswith(".")
    assert set(each.attributes) <= ATTRIBUTES, "a new attribute is a word of the code; then add it here"
    # Prometheus makes these itself.
    assert not each.name.endswith(("_total", "_count", "_sum", "_bucket"))


def test_every_call_that_makes_an_instrument_was_read() -> None:
    made = sum(
        path.read_text().count(f".{make}(")
        for part in ("gateway", "services", "shardhost")
        for path in (ROOT / part).rglob("*.py")
        for make in ("create_counter", "create_gauge", "create_histogram", "create_up_down_counter")
    )
    assert made == len(instruments.instruments()) > 0


def test_the_newest_definition_of_a_function_counts(tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text("CREATE FUNCTION kompang.f() …\nCREATE FUNCTION kompang.g() …\n")
    (tmp_path / "0002_b.sql").write_text(
        "CREATE OR REPLACE FUNCTION kompang.f() …\nDROP FUNCTION kompang.g();\n"
    )
    assert functions.functions(tmp_path) == {"f": ["0001_a.sql", "0002_b.sql"]}
