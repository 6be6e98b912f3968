"""Bad settings end a process with one line that names them, and never shows what was given."""

import pytest
from pydantic import ValidationError

from gateway.settings import GatewaySettings
from services.dispatch.settings import DispatchSettings
from services.enrollment.settings import EnrollmentSettings
from services.runtime.settings import PostgresSettings, read
from shardhost.settings import HostSettings

DSN = "postgresql://role:secret@127.0.0.1:5432/kompang"


def ended_with(capsys, monkeypatch, **environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        read(PostgresSettings, "gateway")
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_every_bad_variable_is_named_in_one_line(capsys, monkeypatch):
    line = ended_with(
        capsys,
        monkeypatch,
        KOMPANG_POSTGRES_DSN=DSN,
        KOMPANG_POSTGRES_POOL_MAX="many",
        KOMPANG_LOG_LEVEL="loud",
    )
    assert line.startswith("gateway: KOMPANG_LOG_LEVEL: ")
    assert "; KOMPANG_POSTGRES_POOL_MAX: " in line
    assert line.count("\n") == 1
    assert "secret" not in line


def test_a_dsn_of_another_form_is_refused_without_showing_it(capsys, monkeypatch):
    line = ended_with(capsys, monkeypatch, KOMPANG_POSTGRES_DSN="secret@127.0.0.1/kompang")
    assert line == (
        "gateway: KOMPANG_POSTGRES_DSN: must have the form postgresql://role:password@host:port/database\n"
    )


def test_good_settings_are_read(monkeypatch):
    monkeypatch.setenv("KOMPANG_POSTGRES_DSN", DSN)
    assert read(PostgresSettings, "gateway").postgres_dsn.get_secret_value() == DSN


def test_every_setting_of_every_process_is_read_from_a_variable_of_ours():
    """A part of the settings that is no `Settings` takes the prefix away from all of them."""
    for kind in (DispatchSettings, EnrollmentSettings, GatewaySettings, HostSettings):
        assert kind.model_config["env_prefix"] == "KOMPANG_", kind


@pytest.mark.parametrize("given", ["61", "3600", "1e300", "inf", "nan"])
def test_a_term_beyond_the_silence_that_ends_a_stream_is_refused(capsys, monkeypatch, given):
    """A host renews every third of its term; dispatch had ended its stream before, again and again."""
    monkeypatch.setenv("KOMPANG_POSTGRES_DSN", DSN)
    monkeypatch.setenv("KOMPANG_SECRET", "0" * 64)
    monkeypatch.setenv("KOMPANG_TERM_S", given)
    with pytest.raises(SystemExit):
        read(DispatchSettings, "dispatch")
    line = capsys.readouterr().err
    assert line.startswith("dispatch: KOMPANG_TERM_S: ")
    assert line.count("\n") == 1
    assert "set at most 60" in line or "finite number" in line


def test_no_time_of_any_process_is_without_end(monkeypatch):
    """A wait of `inf` or `nan` seconds ends a process in the middle of its work, or never."""
    for kind in (DispatchSettings, EnrollmentSettings, GatewaySettings, HostSettings):
        for name, field in kind.model_fields.items():
            if field.annotation is not float:
                continue
            for value in ("inf", "nan"):
                monkeypatch.setenv(f"KOMPANG_{name}".upper(), value)
                with pytest.raises(ValidationError) as refused:
                    kind()
                monkeypatch.delenv(f"KOMPANG_{name}".upper())
                assert (name,) in [error["loc"] for error in refused.value.errors()], (kind, name)
