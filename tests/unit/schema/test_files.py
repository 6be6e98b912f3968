"""Migration files: numbering, names, and the seal."""

from pathlib import Path

import pytest

from services.schema import files


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text(f"SELECT '{name}'", encoding="utf-8")


def test_the_migrations_of_this_project_are_numbered_and_sealed() -> None:
    assert files.check() >= 1


def test_files_come_in_order_of_their_numbers(tmp_path: Path) -> None:
    write(tmp_path, "0002_second.sql", "0001_first.sql")
    assert [(m.version, m.name) for m in files.load(tmp_path)] == [(1, "first"), (2, "second")]


@pytest.mark.parametrize(
    "names",
    [
        ["0002_late.sql"],
        ["0001_a.sql", "0003_c.sql"],
        ["0001_a.sql", "0001_b.sql"],
        ["0001_a.sql", "2_b.sql"],
        ["0001_A.sql"],
        [],
    ],
)
def test_gaps_repeats_and_odd_names_are_refused(tmp_path: Path, names: list[str]) -> None:
    write(tmp_path, *names)
    with pytest.raises(files.SchemaError):
        files.load(tmp_path)


def test_an_edited_file_breaks_the_seal(tmp_path: Path) -> None:
    write(tmp_path, "0001_a.sql", "0002_b.sql")
    files.seal(tmp_path)
    assert files.check(tmp_path) == 2
    (tmp_path / "0001_a.sql").write_text("SELECT 'edited'", encoding="utf-8")
    with pytest.raises(files.SchemaError, match="never edited"):
        files.check(tmp_path)


def test_an_unsealed_new_file_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, "0001_a.sql")
    with pytest.raises(files.SchemaError, match="--seal"):
        files.check(tmp_path)
