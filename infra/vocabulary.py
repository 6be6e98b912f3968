"""Brings `services/consent/vocabulary.toml` into its normal form; `--check` proves that it is current."""

import argparse
import sys

from services.consent.tables import FILE, SOURCE, packed, parsed


def main() -> None:
    """Writes the tables, or says that the vocabulary has changed since."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    text = packed(parsed(SOURCE.read_text(encoding="utf-8")))
    if not parser.parse_args().check:
        FILE.write_text(text, encoding="utf-8")
    elif FILE.read_text(encoding="utf-8") != text:
        sys.exit("the vocabulary of replies has changed: run `make learn`")


if __name__ == "__main__":
    main()
