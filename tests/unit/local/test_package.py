"""Fetching a package of the machine's own suite, with a pretended apt."""

import subprocess
from pathlib import Path

import pytest

from infra.local.packages import package
from infra.local.packages.package import Package

SOURCES = (
    "Types: deb\nURIs: http://archive.test/debian\nSuites: bookworm\nComponents: main\nSigned-By: /own.gpg\n"
)
PACKAGE = Package("libsome", "usr/lib/*/some/libsome.so.1")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    parts = tmp_path / "etc" / "apt" / "sources.list.d"
    parts.mkdir(parents=True)
    (parts / "debian.sources").write_text(SOURCES)
    (tmp_path / "etc" / "os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    return tmp_path / "etc"


def test_a_file_of_a_package_is_found_in_any_library_folder(
    tmp_path: Path, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def deliver(root: Path, *_: object) -> bool:
        asked.append((root / "package.sources").read_text())
        (root / "libsome_1-2_amd64.deb").touch()
        return True

    def extract(command: list[str], **_: object) -> None:
        folder = Path(command[-1]) / "usr" / "lib" / "aarch64-linux-gnu" / "some"
        folder.mkdir(parents=True)
        (folder / "libsome.so.1").write_text("some")

    monkeypatch.setattr(package, "_apt", deliver)
    monkeypatch.setattr(subprocess, "run", extract)

    found = PACKAGE.fetched(tmp_path / "cache", etc)

    assert found == tmp_path / "cache" / "libsome.so.1"
    assert found.read_text() == "some"
    assert "Suites: bookworm\nComponents: main\n" in asked[0]
    assert sorted(path.name for path in found.parent.iterdir()) == ["libsome.so.1", "lock"]
