"""SQL files are read as written, and mistakes in them are told at start."""

import pytest

from services.runtime.queries import Queries


def load(tmp_path, text):
    path = tmp_path / "queries.sql"
    path.write_text(text)
    return Queries(path)


def test_statements_by_name(tmp_path):
    queries = load(tmp_path, "-- a file\n-- name: one\n-- why\nSELECT 1;\n\n-- name: two\nSELECT 2;\n")
    assert queries.one == "-- why\nSELECT 1"
    assert queries.two == "SELECT 2"


def test_an_unknown_name(tmp_path):
    with pytest.raises(AttributeError, match="three"):
        _ = load(tmp_path, "-- name: one\nSELECT 1;").three


@pytest.mark.parametrize("text", ["SELECT 1;", "-- name: a\nSELECT 1;\n-- name: a\nSELECT 2;"])
def test_files_that_would_hide_a_statement_are_refused(tmp_path, text):
    with pytest.raises(ValueError, match=r"queries\.sql"):
        load(tmp_path, text)
