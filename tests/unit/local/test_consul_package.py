"""Fetching Consul's package, with a pretended apt."""

from pathlib import Path

import pytest

from infra.local.errors import MissingBinary
from infra.local.packages import package
from infra.local.packages.consul_package import consul_from_package

SOURCES = (
    "Types: deb\nURIs: http://archive.test/debian\nSuites: bookworm\nComponents: main\nSigned-By: /own.gpg\n"
)
PACKAGE = "consul_1.8.7+dfsg1-2+b3_amd64.deb"


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    parts = tmp_path / "etc" / "apt" / "sources.list.d"
    parts.mkdir(parents=True)
    (parts / "debian.sources").write_text(SOURCES)
    (tmp_path / "etc" / "os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    return tmp_path / "etc"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_a_cached_program_is_not_fetched_again(
    cache: Path, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir()
    (cache / "consul").touch()
    monkeypatch.setattr(package, "_apt", lambda *_: pytest.fail("fetched"))

    assert consul_from_package(cache, etc) == cache / "consul"


def test_the_archive_and_its_keyring_are_the_machines(
    cache: Path, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuse(root: Path, *_: object) -> bool:
        asked.append((root / "package.sources").read_text())
        return False

    monkeypatch.setattr(package, "_apt", refuse)

    with pytest.raises(MissingBinary) as missing:
        consul_from_package(cache, etc)
    assert asked[0] == (
        "Types: deb\nURIs: http://archive.test/debian\nSuites: bullseye\nComponents: main\n"
        "Signed-By: /own.gpg\n"
    )
    assert "archive.test" not in str(missing.value)
    assert "CONSUL_BIN" in str(missing.value)


def test_a_file_with_the_wrong_hash_is_refused_and_nothing_stays(
    cache: Path, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deliver(root: Path, *_: object) -> bool:
        (root / PACKAGE).write_bytes(b"not consul")
        return True

    monkeypatch.setattr(package, "_apt", deliver)

    with pytest.raises(MissingBinary, match="sha256"):
        consul_from_package(cache, etc)
    assert [path.name for path in cache.iterdir()] == ["lock"]


def test_another_distribution_gets_the_remedy(cache: Path, etc: Path) -> None:
    (etc / "os-release").write_text("ID=alpine\n")

    with pytest.raises(MissingBinary, match=r"neither Debian nor Ubuntu.*CONSUL_BIN"):
        consul_from_package(cache, etc)


def test_a_machine_without_apt_gets_the_remedy(
    cache: Path, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(MissingBinary, match=r"FileNotFoundError.*CONSUL_BIN"):
        consul_from_package(cache, etc)


def test_ubuntu_looks_in_its_own_suite(cache: Path, etc: Path) -> None:
    (etc / "os-release").write_text('ID=linuxmint\nID_LIKE="ubuntu debian"\n')
    (etc / "apt" / "sources.list.d" / "debian.sources").unlink()

    with pytest.raises(MissingBinary, match="jammy"):
        consul_from_package(cache, etc)
