"""`make test-long`: what takes hours, and what it proved.

Every part is tried, also after one has failed:

- the tests under each Python from 3.11 on that is found on PATH, with each scenario in both forms;
- 100,000 schedules of the model (SCHEDULES=… changes that);
- 60,000 hostile calls of the public API, and the whole table of faults, with a seed (SEED=… replays);
- 300 mobile numbers of every region as lists have them (SEED=… replays): none becomes another;
- known vulnerabilities and licences of what is shipped; where nobody answers, that is said, and is no pass.

PYTHONS="python3.12 …" names the Pythons, PARTS="faults schedules …" the parts.
"""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.supply import NOT_ASKED

ROOT = Path(__file__).parents[1]
VENVS = ROOT / ".cache" / "pythons"
NEWEST_MINOR = 14
OLDEST_MINOR = 11
SCHEDULES = "100000"
_TESTS = (
    "-m",
    "pytest",
    "--dist",
    "loadgroup",
    "--no-loadscope-reorder",
    "--durations",
    "10",
    "--tb",
    "native",
    "--numprocesses",
)


@dataclass(frozen=True)
class Part:
    """A command and what its success proves."""

    name: str
    proves: str
    command: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> int:
        """Its exit code."""
        print(f"== {self.name}", flush=True)
        ended = subprocess.run(self.command, cwd=ROOT, env={**os.environ, **self.variables}, check=False)
        return ended.returncode


def pythons(named: str = "", path: str | None = None) -> list[tuple[str, str]]:
    """Version and program of each Python that is new enough and starts, each version once.

    Args:
        named: programs, to look at no others.
        path: where to look; None for PATH.

    """
    names = named.split() or ["python3", *(f"python3.{n}" for n in range(OLDEST_MINOR, NEWEST_MINOR + 1))]
    found: dict[str, str] = {}
    for name in names:
        program = shutil.which(name, path=path)
        version = _version(program) if program else ""
        if program and version and version not in found:
            found[version] = program
    return sorted(found.items(), key=lambda each: int(each[0].partition(".")[2]))


def _version(program: str) -> str:
    """`3.12`; nothing where it does not start, as the shim of a Python that is not chosen, or is too old."""
    asked = "import sys; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([program, "-c", asked], capture_output=True, text=True, check=False)
    version = answer.stdout.strip()
    major, _, minor = version.partition(".")
    return version if major == "3" and minor.isdigit() and int(minor) >= OLDEST_MINOR else ""


def parts(seed: str) -> Iterator[Part]:
    """In the order in which they run."""
    workers = os.environ.get("WORKERS", "4")
    for version, program in pythons(os.environ.get("PYTHONS", "")):
        venv = VENVS / version
        make = f"make --no-print-directory VENV={venv} PYTHON={program} {venv}/.ready"
        tests = " ".join((f"{venv}/bin/python", *_TESTS, workers))
        yield Part(
            f"python{version}",
            f"every test holds under Python {version}, and each scenario in both forms",
            ("bash", "-c", f"{make} && {tests}"),
            {"FORMS": "both"},
        )
    schedules = os.environ.get("SCHEDULES", SCHEDULES)
    yield Part(
        "schedules",
        f"{schedules} schedules of faults keep the invariants of the model",
        (sys.executable, *_TESTS, workers, "tests/model"),
        {"SCHEDULES": schedules},
    )
    yield Part(
        "faults",
        f"every promise holds through every row of the fault table, seed {seed}",
        (sys.executable, "-m", "tests.faults"),
        {"SEED": seed},
    )

    yield Part(
        "fuzz",
        f"60,000 hostile calls are answered without an error of the gateway, seed {seed}",
        (sys.executable, "-m", "pytest", "--tb", "native", "tests/attacks/test_fuzz.py"),
        {"KOMPANG_FUZZ_CALLS": "60000", "KOMPANG_FUZZ_SEED": seed},
    )
    yield Part(
        "numbers",
        f"300 numbers of every region in every dress stay what they are, seed {seed}",
        (
            sys.executable,
            "-m",
            "pytest",
            "--tb",
            "native",
            "tests/unit/gateway/imports/test_dressed_numbers.py",
        ),
        {"NUMBERS_A_REGION": "300", "SEED": seed},
    )
    yield Part(
        "audit",
        "no package of requirements.txt has a known vulnerability",
        (sys.executable, "-m", "tests.supply", "audit"),
    )
    yield Part(
        "licences",
        "every package of requirements.txt has a licence under which it can be shipped",
        (sys.executable, "-m", "tests.supply", "licences"),
    )


def main() -> None:
    """The command: exits with 1 when a part failed, 2 when PARTS names none."""
    seed = os.environ.get("SEED") or str(random.SystemRandom().getrandbits(32))
    wanted = os.environ.get("PARTS", "").split()
    chosen = [part for part in parts(seed) if not wanted or part.name in wanted]
    if not chosen:
        print(f"test-long: no such part: {' '.join(wanted)}", file=sys.stderr)
        sys.exit(2)
    results = []
    for part in chosen:
        began = time.monotonic()
        code = part.run()
        results.append((part, code, time.monotonic() - began))
    print("\nproved:")
    words = {0: "yes", NOT_ASKED: "nobody could be asked:"}
    for part, code, seconds in results:
        print(f"  {words.get(code, 'NO'):<4} {part.proves} ({seconds / 60:.0f} min)")
    sys.exit(0 if all(code == 0 for _, code, _ in results) else 1)


if __name__ == "__main__":
    main()
