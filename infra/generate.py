"""Generates `protos/gen` from `protos`; `--check` proves that what is committed is current.

The output is a source root: `kompang.v1.leads_pb2` imports as it stands, with no rewriting.
"""

import argparse
import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROTOS = Path(__file__).resolve().parent.parent / "protos"
COMMITTED = PROTOS / "gen"
# google/* comes with the googleapis-common-protos and protobuf packages.
OWNED = ("kompang", "buf")


def generate(target: Path) -> None:
    """Writes modules, type stubs and service stubs for every owned proto below `target`.

    Raises `subprocess.CalledProcessError` when protoc refuses a file.
    """
    sources = sorted(
        str(path.relative_to(PROTOS)) for folder in OWNED for path in (PROTOS / folder).rglob("*.proto")
    )
    outputs = [f"--{kind}_out={target}" for kind in ("python", "pyi", "grpc_python")]
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", *outputs, *sources],
        check=True,
        timeout=120,
    )
    for path in target.rglob("*_pb2_grpc.py"):
        if "Stub" not in path.read_text():
            path.unlink()  # a file without services has only a header


def stale(fresh: Path, committed: Path) -> list[str]:
    """Paths that differ between the two trees, or stand in one only."""

    def files(root: Path) -> set[str]:
        return {str(p.relative_to(root)) for p in root.rglob("*.py*") if p.suffix in (".py", ".pyi")}

    both = files(fresh) & files(committed)
    _, differing, unreadable = filecmp.cmpfiles(fresh, committed, sorted(both), shallow=False)
    return sorted({*differing, *unreadable, *(files(fresh) ^ files(committed))})


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when out of date")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        generate(fresh)
        if check:
            old = stale(fresh, COMMITTED)
            if old:
                print(f"protos/gen is out of date ({', '.join(old)}): run `make generate`", file=sys.stderr)
            return 1 if old else 0
        shutil.rmtree(COMMITTED, ignore_errors=True)
        shutil.copytree(fresh, COMMITTED)
    return 0


if __name__ == "__main__":
    sys.exit(main())
