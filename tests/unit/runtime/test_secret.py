"""The root secret: read from a file, long enough, one key a purpose, older ones still read."""

from pathlib import Path

import pytest

from services.runtime.secret import RootSecret
from services.runtime.settings import SecretSettings, read

NEW, OLD = "n" * 32, "o" * 40


def ended_with(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        read(SecretSettings, "gateway")
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_each_purpose_has_a_key_of_its_own() -> None:
    root = RootSecret(NEW.encode())
    assert root.derive("pages") == root.derive("pages") != root.derive("pepper")
    assert len(root.derive("pages")) == 32
    assert NEW not in repr(root)


def test_older_secrets_are_read_and_the_newest_makes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{NEW}\n{OLD}\n")
    monkeypatch.setenv("KOMPANG_SECRET_FILE", str(path))
    root = RootSecret.of(read(SecretSettings, "gateway"))
    assert root.derive("pages") == RootSecret(NEW.encode()).derive("pages")
    assert root.derived("pages")[1] == RootSecret(OLD.encode()).derive("pages")


@pytest.mark.parametrize("given", ["short", "", f"{NEW} short"])
def test_a_short_secret_ends_the_process_with_the_remedy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("KOMPANG_SECRET", given)
    line = ended_with(capsys)
    assert line.startswith("gateway: KOMPANG_SECRET: must be 32 characters")
    assert "openssl rand" in line
    assert not given or given not in line


@pytest.mark.parametrize(
    ("content", "why"), [(None, "cannot be read"), ("\n", "empty file"), ("é" * 40, "ASCII")]
)
def test_a_bad_file_is_named_and_not_shown(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    content: str | None,
    why: str,
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("KOMPANG_SECRET_FILE", str(path))
    line = ended_with(capsys)
    assert line.startswith("gateway: KOMPANG_SECRET_FILE: names a")
    assert why in line
    assert "é" not in line


def test_a_secret_given_twice_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(NEW)
    monkeypatch.setenv("KOMPANG_SECRET_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("KOMPANG_SECRET", OLD)
    assert "KOMPANG_SECRET_FILE: is set beside KOMPANG_SECRET; set either" in ended_with(capsys)
