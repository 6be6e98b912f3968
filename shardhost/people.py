"""How a network names people, read from what a transport gives: numbers, and its own identities. Pure.

A transport may put anything around them: a `+` before a number, the device's own number behind it, a server's
name. What names nobody is empty.
"""

import re
import unicodedata

from services.consent.number_forms import canonical
from services.consent.words import trimmed
from shardhost.transports.transport import Accepted

# Many times what a number takes, with all that a network may put around it.
_CHARACTERS = 256
_NUMBER = re.compile(r"\+?([0-9]{1,20})(?![0-9])")


def number(told: str) -> str:
    """The digits of a number or an identity in any script."""
    digits = (str(unicodedata.decimal(each, each)) for each in trimmed(writable(told[:_CHARACTERS])))
    found = _NUMBER.match("".join(digits))
    return found[1] if found else ""


def is_identity(told: str) -> bool:
    """`123456789:2@lid` is an identity of the network, whose digits are no number."""
    return told[:_CHARACTERS].lower().endswith("@lid")


def writable(text: str) -> str:
    """Without halves of surrogate pairs, which no frame takes."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def news(accepted: Accepted, recipient: str, lid: str) -> tuple[str, str]:
    """What the network told of a recipient whose number and identity are known to be these: identity, number.

    Empty where that is no news. A number that is no other form of the recipient's is somebody else's.
    """
    told = number(accepted.lid)
    named = "" if is_identity(accepted.number) else number(accepted.number)
    if canonical(named) != canonical(recipient):
        named = ""
    if told == lid or canonical(told) == canonical(recipient):
        told = ""
    return told, "" if named == recipient else named
