"""Certificates and addresses that nobody should begin with end a process at once, in one line."""

import logging
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.settings import GatewaySettings
from infra.local.servers.authority import Authority, IssuedFiles
from services.dispatch.settings import DispatchSettings
from services.runtime.server import Server
from services.runtime.server_settings import ServerSettings
from services.runtime.settings import Settings, read
from shardhost.settings import HostSettings

DISPATCH = "dispatch.kompang.internal"
HOST = "host-1.shardhost.kompang.internal"


@pytest.fixture(autouse=True)
def needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOMPANG_POSTGRES_DSN", "postgresql://role:secret@127.0.0.1:5432/kompang")
    monkeypatch.setenv("KOMPANG_NETWORK_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("KOMPANG_SECRET", "0" * 64)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def ended_with(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Settings],
    files: IssuedFiles | None = None,
    **environment: str,
) -> str:
    for name, value in {**(files.environment() if files else {}), **environment}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        read(kind, "dispatch")
    assert ended.value.code == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "PRIVATE KEY" not in line
    return line


@pytest.mark.parametrize("listen", ["0.0.0.0:7000", "[::]:7000", "10.0.0.4:7000", "dispatch-1:7000", ":7000"])
def test_plaintext_on_an_address_that_others_reach(capsys, monkeypatch, listen: str):
    line = ended_with(capsys, monkeypatch, DispatchSettings, KOMPANG_LISTEN=listen)
    assert line.startswith(f"dispatch: KOMPANG_LISTEN: {listen} can be reached from other machines")
    for remedy in ("KOMPANG_TLS_CERTIFICATE_FILE", "KOMPANG_TLS_KEY_FILE", "KOMPANG_TLS_CA_FILE"):
        assert remedy in line
    assert "KOMPANG_PLAINTEXT=allow" in line


async def test_plaintext_that_is_allowed_is_shouted(monkeypatch, caplog: pytest.LogCaptureFixture):
    monkeypatch.setenv("KOMPANG_PLAINTEXT", "allow")
    monkeypatch.setenv("KOMPANG_LISTEN", "0.0.0.0:0")
    with caplog.at_level(logging.WARNING):
        Server(read(ServerSettings, "dispatch"), (), ())
    assert "PLAINTEXT" in caplog.text


async def test_plaintext_on_loopback_says_nothing(caplog: pytest.LogCaptureFixture):
    Server(ServerSettings(), (), ())
    assert "PLAINTEXT" not in caplog.text


@pytest.mark.parametrize("missing", ["CERTIFICATE", "KEY", "CA"])
def test_one_file_is_missing(capsys, monkeypatch, authority: Authority, missing: str):
    files = authority.issue("d1", DISPATCH)
    given = files.environment() | {f"KOMPANG_TLS_{missing}_FILE": ""}
    line = ended_with(capsys, monkeypatch, DispatchSettings, None, **given)
    assert "KOMPANG_TLS_CERTIFICATE_FILE, KOMPANG_TLS_KEY_FILE, KOMPANG_TLS_CA_FILE: set all three" in line


def test_a_file_that_is_not_there(capsys, monkeypatch, authority: Authority):
    files = authority.issue("d1", DISPATCH)
    files.key.unlink()
    line = ended_with(capsys, monkeypatch, DispatchSettings, files)
    assert f"{files.key} cannot be read: No such file or directory" in line


def test_a_key_of_another_certificate(capsys, monkeypatch, authority: Authority):
    files = authority.issue("d1", DISPATCH)
    files.key.write_bytes(authority.issue("d2", DISPATCH).key.read_bytes())
    assert "the key is not that of the certificate" in ended_with(
        capsys, monkeypatch, DispatchSettings, files
    )


def test_a_certificate_that_has_expired(capsys, monkeypatch, authority: Authority):
    files = authority.issue("d1", DISPATCH, valid=timedelta(seconds=-1))
    assert "certificate has expired" in ended_with(capsys, monkeypatch, DispatchSettings, files)


def test_a_certificate_of_another_authority(capsys, monkeypatch, authority: Authority, tmp_path: Path):
    files = Authority(tmp_path / "other").issue("d1", DISPATCH)
    monkeypatch.setenv("KOMPANG_TLS_CA_FILE", str(authority.file))
    line = ended_with(capsys, monkeypatch, DispatchSettings, IssuedFiles(*_three(files, authority)))
    assert "the certificate does not pass" in line


def _three(files: IssuedFiles, authority: Authority) -> tuple[Path, Path, Path]:
    return files.certificate, files.key, authority.file


@pytest.mark.parametrize("what", ["certificate", "key", "authority"])
def test_a_file_that_is_no_pem(capsys, monkeypatch, authority: Authority, what: str):
    files = authority.issue("d1", DISPATCH)
    getattr(files, what).write_bytes(b"\xffnothing")
    assert "cannot be read" in ended_with(capsys, monkeypatch, DispatchSettings, files)


def test_a_certificate_of_another_process(capsys, monkeypatch, authority: Authority):
    line = ended_with(capsys, monkeypatch, DispatchSettings, authority.issue("host-1", HOST))
    assert f"the certificate names {HOST}; this process needs {DISPATCH}" in line


def test_a_server_without_the_name_that_its_callers_look_for(capsys, monkeypatch, authority: Authority):
    """Every host would fail the handshake, and this process would look healthy."""
    line = ended_with(capsys, monkeypatch, DispatchSettings, authority.issue("d1", f"d1.{DISPATCH}"))
    assert f"the certificate names d1.{DISPATCH}; this process needs {DISPATCH}\n" in line


def test_a_certificate_of_another_host(capsys, monkeypatch, authority: Authority):
    files = authority.issue("host-1", HOST)
    line = ended_with(capsys, monkeypatch, HostSettings, files, KOMPANG_INSTANCE="host-2")
    assert f"this process needs {HOST.partition('.')[2]} or host-2.{HOST.partition('.')[2]}" in line


def test_what_is_right_is_taken(monkeypatch, authority: Authority):
    files = authority.issue("host-1", HOST)
    for name, value in files.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KOMPANG_INSTANCE", "host-1")
    monkeypatch.setenv("KOMPANG_LISTEN", "0.0.0.0:0")
    assert read(HostSettings, "shardhost").certificates is not None
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600


def test_the_gateway_may_have_a_certificate_of_its_own_for_the_public_port(
    monkeypatch, authority: Authority, tmp_path: Path
):
    """Of a public authority, which is no authority of the mesh."""
    public = Authority(tmp_path / "public").issue("kompang.example", "kompang.example")
    monkeypatch.setenv("KOMPANG_TLS_PUBLIC_CERTIFICATE_FILE", str(public.certificate))
    monkeypatch.setenv("KOMPANG_TLS_PUBLIC_KEY_FILE", str(public.key))
    monkeypatch.setenv("KOMPANG_LISTEN", "0.0.0.0:0")
    settings = read(GatewaySettings, "gateway")
    assert settings.port_certificates is not None
    assert settings.port_certificates.certificate == public.certificate
    assert settings.certificates is None


def test_a_public_key_of_another_certificate(capsys, monkeypatch, authority: Authority):
    one, two = authority.issue("one", "kompang.example"), authority.issue("two", "kompang.example")
    line = ended_with(
        capsys,
        monkeypatch,
        GatewaySettings,
        KOMPANG_TLS_PUBLIC_CERTIFICATE_FILE=str(one.certificate),
        KOMPANG_TLS_PUBLIC_KEY_FILE=str(two.key),
    )
    assert "KOMPANG_TLS_PUBLIC_KEY_FILE: the key is not that of the certificate" in line
