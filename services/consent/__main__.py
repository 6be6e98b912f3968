"""What a reply means, and why: `python -m services.consent "no more please"`. It writes nothing down."""

import sys

from services.consent import likeness
from services.consent.meaning import meaning, meaning_by_rules
from services.consent.normal import clauses
from services.consent.words import ends, visible


def main() -> None:
    """Prints the meaning, what the rules say, the likeness, and the pieces that weigh the most."""
    text = " ".join(sys.argv[1:])
    typed = clauses(visible(ends(text)))
    print(f"{meaning(text).value}; by the rules: {meaning_by_rules(text).value}")
    print(f"likeness {likeness.likeness(typed):.1f}, a perhaps above {likeness.THRESHOLD:.1f}, by")
    for piece, weight in likeness.heaviest(typed):
        print(f"  {weight:+4d}  {piece!r}")


if __name__ == "__main__":
    main()
