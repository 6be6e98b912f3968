"""Brings the words of `services/consent` into their normal form; `--check` proves that they are current."""

import argparse
import sys

from services.consent import subjects, tables


def main() -> None:
    """Writes the tables, or says that the words have changed since."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    is_check = parser.parse_args().check
    written = {
        tables.FILE: tables.packed(tables.parsed(tables.SOURCE.read_text(encoding="utf-8"))),
        subjects.FILE: subjects.packed(subjects.SOURCE.read_text(encoding="utf-8")),
    }
    for file, text in written.items():
        if not is_check:
            file.write_text(text, encoding="utf-8")
        elif file.read_text(encoding="utf-8") != text:
            sys.exit("the words of replies have changed: run `make learn`")


if __name__ == "__main__":
    main()
