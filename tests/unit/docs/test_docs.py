"""Every name in README, CONTRIBUTING, CHANGELOG, SECURITY and docs exists in the repository."""

import re
from pathlib import Path

import pytest

from tests.unit.docs.references import faults
from tests.unit.docs.repository import ROOT, Repository

# One worker reads the repository, not each.
pytestmark = pytest.mark.xdist_group("docs")

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    *sorted(ROOT.glob("docs/*.md")),
]


@pytest.fixture(scope="session")
def repository() -> Repository:
    return Repository()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_only_what_exists(path: Path, repository: Repository) -> None:
    found = faults(path, path.read_text(), repository)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("planted", [
    "`services/dispatch/hnad.py`",
    "`services/dispatch/nothing/`",
    "`services/dispatch/*.sqll`",
    "[the command](docs/comand.md)",
    "[exit codes](docs/command.md#exit-code)",
    "## The model\n\n`tests/model` has `wether.py`",
    "`make tset`",
    "`make bench BENCH=stedy`",
    "`ROWS=99 make faults`",
    "`SEDE=1 make faults`",
    "`make test PYTEST=tests/modle`",
    "`kompang trace 7`",
    "`kompang leads lst`",
    "`kompang leads list --triger X`",
    "```\n$ kompang leads ixport list.csv\n```",
    "```\nmake tset     # the tests\n```",
    "```\nservices/dispach/   hands\n```",
    "`leads ersae`",
    "`--qiet-hours`",
    "`python -m services.dispach`",
    "`services.dispach`",
    "`KOMPANG_SLAK_S`",
    "Set KOMPANG_SLAK_S.",
    "`DEMO_LEEDS`",
    "`ImportPeople`",
    "`Message.colour`",
    "`Worker.sesion_for`",
    "`campaign_ledd`",
    "`message.wording_idd`",
    "`leads.reed`",
    "`leads.write_all`",
    "`lead_matchess()`",
    "`RESOURCE_EXHAUSTEDD`",
    "`nosuchword`",
])  # fmt: skip
def test_a_planted_error_is_found(planted: str, repository: Repository) -> None:
    assert faults(ROOT / "README.md", planted, repository)


def test_the_tables_of_the_design_are_those_of_the_migrations(repository: Repository) -> None:
    text = (ROOT / "docs" / "design.md").read_text()
    listed = text.split("Tables: ", 1)[1].split("\n", 1)[0].split(". ", 1)[0]
    assert set(re.findall(r"`(\w+)`", listed)) == repository.tables


def test_the_fault_table_of_reliability_has_every_row() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text()
    assert {int(number) for number in re.findall(r"(?m)^\| (\d+) \|", text)} == Repository.fault_rows


def test_the_figures_of_the_readme_are_of_benchmarks() -> None:
    figures = (ROOT / "README.md").read_text().split("## Figures", 1)[1].split("\n## ", 1)[0]
    named = set(re.findall(r"(?m)^\| (\w+): ", figures))
    assert named
    assert named <= Repository.benches


def test_the_help_of_make_names_every_benchmark(repository: Repository) -> None:
    [line] = [line for line in repository.makefile.splitlines() if line.startswith("bench:")]
    assert set(line.partition("BENCH=")[2].partition(":")[0].split(",")) == Repository.benches
