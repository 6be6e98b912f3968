"""What a terminal must not be told by somebody else: names and texts of people come from anywhere.

An escape sequence in a name moves the cursor, hides other rows, sets the title or writes to the clipboard;
marks of direction turn a line around. Letters, emoji and the joiners that they need stay.
"""

import re

# C0 but for tab and new line, delete, C1, separators of lines, embeddings and isolates of direction, halves
# of characters.
_UNSAFE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def safe(text: str) -> str:
    """Without what moves or turns around what a terminal shows."""
    return _UNSAFE.sub("", text)


def escaped(line: str) -> str:
    """A line of JSON with the same characters, as JSON writes them in ASCII."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", line)
