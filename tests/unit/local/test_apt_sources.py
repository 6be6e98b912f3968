"""Reading apt's sources files, both forms."""

from pathlib import Path

from infra.local.packages.apt_sources import Source, parse_list, parse_paragraphs, read_sources

PARAGRAPHS = """\
# Managed elsewhere
Types: deb deb-src
URIs: http://archive.test/debian http://other.test/debian
Suites: bookworm bookworm-updates
# a comment inside
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://archive.test/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.test/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.test/debian
Suites: bookworm
Components: main
"""

LINES = """\
# deb http://commented.test/ubuntu jammy main
deb http://archive.test/ubuntu noble main restricted universe # why
deb [arch=amd64 signed-by=/usr/share/keyrings/ubuntu.gpg] http://signed.test/ubuntu noble-security main
deb-src http://source.test/ubuntu noble main
deb http://flat.test/ ./
"""


def test_a_paragraph_with_several_addresses_gives_one_source_each() -> None:
    sources = list(parse_paragraphs(PARAGRAPHS))

    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    suites, components = ("bookworm", "bookworm-updates"), ("main", "contrib")
    assert sources == [
        Source("http://archive.test/debian", suites, components, keyring),
        Source("http://other.test/debian", suites, components, keyring),
        Source("http://archive.test/debian-security", ("bookworm-security",), ("main",)),
    ]


def test_an_embedded_key_keeps_its_line_breaks() -> None:
    text = (
        "Types: deb\nURIs: http://a.test\nSuites: sid\nComponents: main\nSigned-By:\n -----BEGIN\n .\n aXbY\n"
    )

    [source] = parse_paragraphs(text)

    assert source.signed_by == "\n -----BEGIN\n .\n aXbY"


def test_a_list_file_gives_its_binary_archives() -> None:
    assert list(parse_list(LINES)) == [
        Source("http://archive.test/ubuntu", ("noble",), ("main", "restricted", "universe")),
        Source("http://signed.test/ubuntu", ("noble-security",), ("main",), "/usr/share/keyrings/ubuntu.gpg"),
    ]


def test_only_main_archives_of_enabled_files_are_read(tmp_path: Path) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text(LINES)
    (parts / "debian.sources").write_text(PARAGRAPHS)
    (parts / "vendor.list").write_text("deb http://vendor.test/apt stable-1.2 main\n")
    (parts / "off.list.disabled").write_text("deb http://disabled.test/debian bookworm main\n")

    found = [source.uri for source in read_sources(tmp_path)]

    assert found == ["http://archive.test/ubuntu", "http://archive.test/debian", "http://other.test/debian"]


def test_a_machine_without_sources_gives_none(tmp_path: Path) -> None:
    assert read_sources(tmp_path) == []


def test_an_address_is_not_in_the_repr() -> None:
    [source, _] = parse_list(LINES)

    assert "archive.test" not in repr(source)
