"""What others made and we ship with: known vulnerabilities (`audit`) and licences (`licences`).

`make test-long` runs both. Exit codes: 0 proven, 1 not so, 3 nobody could be asked, which proves nothing.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "requirements.txt"
NOT_ASKED = 3

# What can be shipped with a product under Apache-2.0. MPL-2.0 binds only its own files.
ALLOWED = re.compile(
    r"\b(MIT|0BSD|BSD|Apache|ISC|PSF|Python Software Foundation|Python-2\.0|MPL[- ]2\.0|Mozilla Public"
    r"|Unlicense|Zlib)\b",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"\b(A?GPL|SSPL|BUSL|Commons Clause|proprietary)\b", re.IGNORECASE)
_LONGEST_NAME = 100


def shipped() -> Iterator[tuple[str, str]]:
    """Name and version of each requirement for this machine and this Python."""
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            wanted = Requirement(line.removesuffix("\\").strip())
            if wanted.marker is None or wanted.marker.evaluate():
                yield wanted.name, str(wanted.specifier).removeprefix("==")


def licence(name: str) -> str:
    """What a package says of its licence; empty where it says nothing."""
    said = metadata.metadata(name)
    classifiers = [each for each in said.get_all("Classifier") or () if each.startswith("License ::")]
    text = next(iter(said.get_all("License") or ()), "")
    # Some put the whole text there.
    short = text if len(text) < _LONGEST_NAME else text.strip().splitlines()[0]
    return next(iter(said.get_all("License-Expression") or ()), "") or " ".join(classifiers) or short


def is_allowed(text: str) -> bool:
    """Whether a licence lets us ship the package; of alternatives (`OR`) one is enough."""
    return any(ALLOWED.search(each) and not _REFUSED.search(each) for each in re.split(r"\bOR\b", text))


def licences() -> int:
    """Prints each package whose licence is not known to be allowed."""
    found = {name: licence(name) for name, _ in shipped()}
    bad = {name: text for name, text in found.items() if not is_allowed(text)}
    for name, text in bad.items():
        print(f"{name}: {text or 'says nothing of its licence'}")
    print(f"licences: {len(found)} packages, {len(bad)} not known to be allowed")
    return 1 if bad or not found else 0


def audit() -> int:
    """Asks for known vulnerabilities of what requirements.txt pins."""
    ended = subprocess.run(
        [
            sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes",
            "--progress-spinner", "off", "--timeout", "30", "--format", "json", "-r", str(REQUIREMENTS),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return judged(ended.stdout, ended.stderr)


def judged(answer: str, errors: str) -> int:
    """The exit code for what pip-audit printed."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = errors.strip().splitlines()[-1:] or ["no answer"]
        print(f"audit: nobody could be asked, so this proves nothing: {last[0][:200]}")
        return NOT_ASKED
    vulnerable = [each for each in packages if each.get("vulns")]
    for each in vulnerable:
        print(f"{each['name']} {each['version']}: {', '.join(one['id'] for one in each['vulns'])}")
    unknown = [each["name"] for each in packages if "skip_reason" in each]
    if vulnerable:
        return 1
    if unknown or not packages:
        print(f"audit: no answer for {len(unknown)} of {len(packages)} packages, so this proves nothing")
        return NOT_ASKED
    print(f"audit: {len(packages)} packages, none with a known vulnerability")
    return 0


if __name__ == "__main__":
    sys.exit({"audit": audit, "licences": licences}[sys.argv[1]]())
