"""`python -m infra.reference`: writes the lists of the documents anew; `--check` proves them current.

`make generate` and `make check` run it. What stands outside of the two marks of a list is written by hand.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def lists() -> Mapping[str, Callable[[], str]]:
    """What makes each list, by the name of its document."""
    from infra.reference import functions, instruments, settings

    return {
        "metrics.md": instruments.document,
        "schema.md": functions.document,
        "settings.md": settings.document,
    }


def renewed(text: str, made: str) -> str:
    """The document with the list between its marks. Raises `ValueError` where it has no marks."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not end:
        raise ValueError(f"has no {_BEGIN.strip()} with {_END.strip()} behind it")
    return f"{before}{begin}\n{made}\n{end}{after}"


_BEGIN = "<!-- made by `make generate` from the code -->\n"
_END = "<!-- end -->\n"


def stale() -> dict[Path, str]:
    """The documents whose lists are not current, with what they should be."""
    found = {}
    for name, make in lists().items():
        text = (DOCS / name).read_text()
        if (fresh := renewed(text, make())) != text:
            found[DOCS / name] = fresh
    return found


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when out of date")
    check = parser.parse_args().check
    old = stale()
    if check and old:
        names = ", ".join(path.name for path in old)
        print(f"docs are not what the code says ({names}): run `make generate`", file=sys.stderr)
        return 1
    for path, fresh in old.items():
        path.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
