"""The variables of a template.

A group is a variable when its first alternative is exactly the name of one: `name`, `first_name` or
`attr.KEY`; it takes at most one more alternative, its default. Every other group is spintax.

- `{name}` is the lead's name, or the account's fallback for a lead without a usable one
- `{name|there}` is the name, or "there": never a choice between the two
- `{{name}|friend}` is spintax: for each message either the name or "friend"
- `{attr.city}` renders as nothing for a lead who has no such attribute
- `{Hi|name}` is spintax between two words: only the first alternative makes a variable
"""

import re

KNOWN = "{name}, {first_name} and {attr.KEY}"

_VARIABLE = re.compile(r"name|first_name|attr\.[a-z][a-z0-9_]{0,39}")
# The longest thing that could be one, for looking at it at all.
_LONGEST = 64


def is_variable(word: str) -> bool:
    """Whether the first alternative of a group makes it a variable."""
    return _VARIABLE.fullmatch(word) is not None


def is_nearly(word: str) -> bool:
    """Whether somebody meant a variable: another case, spaces around it, or a key that no lead can have."""
    if len(word) > _LONGEST:
        return word.startswith("attr.")
    meant = word.strip().lower()
    return meant.startswith("attr.") or is_variable(meant)
