"""What may stand in the place of a certificate's file, and must hold up no handshake."""

import os
from pathlib import Path

import pytest

from services.runtime.tls.certificates import CertificateError, CertificateFiles, Certificates


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def huge(path: Path) -> None:
    path.write_bytes(b"-" * (2 * 1024 * 1024))


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [pipe, endless, huge, folder])
def test_what_is_no_small_file_is_refused_at_once(tmp_path: Path, make) -> None:
    path = tmp_path / "certificate.pem"
    make(path)
    with pytest.raises(CertificateError, match=r"certificate\.pem"):
        Certificates.read(CertificateFiles(path, path, None))
