"""One file out of a package of this machine's distribution, kept in a cache and installed nowhere.

apt fetches and verifies the package with a configuration of its own (own lists, cache and status; the
machine's archive address and keyring), so it needs no root and changes nothing on the machine. The private
folder holds the archive's address and is removed at the end.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from infra.local.errors import MissingBinary
from infra.local.packages.apt_sources import Source, read_sources

_UPDATE_SECONDS = 120.0
_DOWNLOAD_SECONDS = 180.0
_UNPACK_SECONDS = 60.0

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
Dir::Etc::sourcelist "{root}/package.sources";
Dir::Etc::sourceparts "{root}/none";
"""
_KEYRINGS = {
    "ubuntu": ("/usr/share/keyrings/ubuntu-archive-keyring.gpg",),
    "debian": (
        "/usr/share/keyrings/debian-archive-keyring.gpg",
        "/usr/share/keyrings/debian-archive-keyring.pgp",
    ),
}


@dataclass(frozen=True)
class Suite:
    """A suite of a distribution that has the package, and where in it."""

    name: str
    components: str


@dataclass(frozen=True)
class Package:
    """A package, and the one file that is wanted of it."""

    name: str
    path: str
    """In the package, with `*` for what depends on the machine."""
    suites: Mapping[str, Suite] = field(default_factory=dict)
    """By distribution, where the machine's own suite may have it no more."""
    known: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 by file name, of what was checked by hand; apt's own check stands for every other."""

    def fetched(self, cache: Path, etc: Path = Path("/etc")) -> Path:
        """The cached file; fetched when it is not there yet (once, however many ask at the same time).

        Raises:
            MissingBinary: this is no Debian or Ubuntu, or the package cannot be fetched or verified.

        """
        file = cache / Path(self.path).name
        if file.is_file():
            return file
        try:
            with _locked(cache):
                if not file.is_file():
                    _fetch(self, file, etc)
        except (OSError, subprocess.SubprocessError) as error:
            # Neither the message nor the output of apt is shown: both can name the archive's address.
            why = f"the distribution's package could not be fetched ({type(error).__name__})"
            raise MissingBinary(why) from None
        return file


@contextmanager
def _locked(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(package: Package, file: Path, etc: Path) -> None:
    distribution = _distribution((etc / "os-release").read_text())
    with _private(file.with_name("private")) as folder:
        for number, source in enumerate(_candidates(read_sources(etc / "apt"), distribution)):
            root = folder / str(number)
            if fetched := _download(root, source, package, distribution):
                _verify(fetched, package.known)
                _unpack(fetched, root, package.path).replace(file)
                return
    suite = package.suites.get(distribution)
    where = f" in the suite {suite.name}" if suite else ""
    raise MissingBinary(f"no archive of this machine has the package {package.name}{where}")


@contextmanager
def _private(folder: Path) -> Iterator[Path]:
    """An empty folder, removed at the end, or by the next fetch if this process is killed before."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _distribution(os_release: str) -> str:
    fields = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    names = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split()
    found = next((name for name in names if name in _KEYRINGS), None)
    if found is None:
        raise MissingBinary("this is neither Debian nor Ubuntu, whose own package would do")
    return found


def _candidates(sources: list[Source], distribution: str) -> list[Source]:
    """Each archive with its own keyring, then with the distribution's: its own may know new suites only."""
    keyring = next((path for path in _KEYRINGS[distribution] if Path(path).is_file()), "")
    both = [each for source in sources for each in (source, replace(source, signed_by=keyring))]
    return list(dict.fromkeys(both))


def _download(root: Path, source: Source, package: Package, distribution: str) -> Path | None:
    """The package's file, or None when this archive does not give it."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (root / folder).mkdir(parents=True)
    (root / "status").touch()
    (root / "apt.conf").write_text(_CONFIGURATION.format(root=root))
    (root / "package.sources").write_text(_paragraph(source, package.suites.get(distribution)))
    if _apt(root, "update", _UPDATE_SECONDS) and _apt(root, "download", _DOWNLOAD_SECONDS, package.name):
        return next(root.glob(f"{package.name}_*.deb"), None)
    return None


def _paragraph(source: Source, suite: Suite | None) -> str:
    name = suite.name if suite else source.suites[0]
    components = suite.components if suite else " ".join(source.components)
    fields = {"Types": "deb", "URIs": source.uri, "Suites": name, "Components": components}
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


def _verify(file: Path, known: Mapping[str, str]) -> None:
    # apt writes the colon of an epoch as %3a; the versions known here have none.
    expected = known.get(file.name)
    if expected and hashlib.sha256(file.read_bytes()).hexdigest() != expected:
        raise MissingBinary(f"the fetched {file.name} is not the file it should be (sha256)")


def _unpack(file: Path, root: Path, path: str) -> Path:
    unpacked = root / "unpacked"
    command = ["dpkg-deb", "--extract", str(file), str(unpacked)]
    subprocess.run(command, capture_output=True, timeout=_UNPACK_SECONDS, check=True)
    return next(iter(unpacked.glob(path)), unpacked / path)
