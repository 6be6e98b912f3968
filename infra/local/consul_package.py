"""Consul from the distribution's own package, unpacked into `.cache/consul` and installed nowhere.

Debian's last suite with Consul is bullseye, Ubuntu's is jammy. apt fetches and verifies it with a
configuration of its own (own lists, cache and status; the machine's archive address and keyring), so it needs
no root and changes nothing on the machine. The private folder holds the archive's address and is removed at
the end.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from infra.local.apt_sources import Source, read_sources
from infra.local.errors import MissingBinary

CACHE = Path(__file__).parents[2] / ".cache" / "consul"

_UPDATE_SECONDS = 120.0
_DOWNLOAD_SECONDS = 180.0
_UNPACK_SECONDS = 60.0

# What was checked by hand; apt's own signature check stands for every other file.
_KNOWN = {
    "consul_1.8.7+dfsg1-2+b3_amd64.deb": "e4e888bba104daba1d9161f49bfc52649a7e4efd45b1a7ead5bc54f2cb9c89d9",
}
_REMEDY = "install Consul (a consul on PATH), or set CONSUL_BIN to the program"
_CONFIGURATION = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "2";
Dir::State "{root}";
Dir::State::lists "{root}/lists";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
Dir::Etc::sourcelist "{root}/consul.sources";
Dir::Etc::sourceparts "{root}/none";
"""


@dataclass(frozen=True)
class _Suite:
    name: str
    components: str
    keyrings: tuple[str, ...]


_SUITES = {
    "ubuntu": _Suite("jammy", "main universe", ("/usr/share/keyrings/ubuntu-archive-keyring.gpg",)),
    "debian": _Suite(
        "bullseye",
        "main",
        ("/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp"),
    ),
}


def consul_from_package(cache: Path = CACHE, etc: Path = Path("/etc")) -> Path:
    """The cached program; fetched when it is not there yet (once, however many ask at the same time).

    Raises:
        MissingBinary: this is no Debian or Ubuntu, or the package cannot be fetched or verified.

    """
    program = cache / "consul"
    if program.is_file():
        return program
    try:
        with _locked(cache):
            if not program.is_file():
                _fetch(program, etc)
    except (OSError, subprocess.SubprocessError) as error:
        # Neither the message nor the output of apt is shown: both can name the archive's address.
        raise _missing(f"the distribution's package could not be fetched ({type(error).__name__})") from None
    return program


@contextmanager
def _locked(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(program: Path, etc: Path) -> None:
    suite = _suite((etc / "os-release").read_text())
    with _private(program.with_name("private")) as folder:
        for number, source in enumerate(_candidates(read_sources(etc / "apt"), suite)):
            root = folder / str(number)
            if package := _download(root, source, suite):
                _verify(package)
                _unpack(package, root).replace(program)
                return
    raise _missing(f"no archive of this machine has the package in the suite {suite.name}")


@contextmanager
def _private(folder: Path) -> Iterator[Path]:
    """An empty folder, removed at the end, or by the next fetch if this process is killed before."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _suite(os_release: str) -> _Suite:
    fields = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    names = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split()
    found = next((_SUITES[name] for name in names if name in _SUITES), None)
    if found is None:
        raise _missing("this is neither Debian nor Ubuntu, whose own package would do")
    return found


def _candidates(sources: list[Source], suite: _Suite) -> list[Source]:
    """Each archive with its own keyring, then with the distribution's: its own may know new suites only."""
    keyring = next((path for path in suite.keyrings if Path(path).is_file()), "")
    both = [each for source in sources for each in (source, replace(source, signed_by=keyring))]
    return list(dict.fromkeys(both))


def _download(root: Path, source: Source, suite: _Suite) -> Path | None:
    """The package's file, or None when this archive does not give it."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (root / folder).mkdir(parents=True)
    (root / "status").touch()
    (root / "apt.conf").write_text(_CONFIGURATION.format(root=root))
    (root / "consul.sources").write_text(_paragraph(source, suite))
    if _apt(root, "update", _UPDATE_SECONDS) and _apt(root, "download", _DOWNLOAD_SECONDS, "consul"):
        return next(root.glob("consul_*.deb"), None)
    return None


def _paragraph(source: Source, suite: _Suite) -> str:
    fields = {"Types": "deb", "URIs": source.uri, "Suites": suite.name, "Components": suite.components}
    if source.signed_by:
        fields["Signed-By"] = source.signed_by
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def _apt(root: Path, verb: str, seconds: float, *arguments: str) -> bool:
    command = ["apt-get", f"--config-file={root / 'apt.conf'}", "--quiet=2", verb, *arguments]
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, timeout=seconds, check=False
    )
    return done.returncode == 0


def _verify(package: Path) -> None:
    # apt writes the colon of an epoch as %3a; the versions known here have none.
    known = _KNOWN.get(package.name)
    if known and hashlib.sha256(package.read_bytes()).hexdigest() != known:
        raise _missing(f"the fetched {package.name} is not the file it should be (sha256)")


def _unpack(package: Path, root: Path) -> Path:
    unpacked = root / "unpacked"
    command = ["dpkg-deb", "--extract", str(package), str(unpacked)]
    subprocess.run(command, capture_output=True, timeout=_UNPACK_SECONDS, check=True)
    return unpacked / "usr" / "bin" / "consul"


def _missing(why: str) -> MissingBinary:
    return MissingBinary(f"no Consul on this machine, and {why}: {_REMEDY}")
