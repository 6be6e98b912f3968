"""Phone numbers: how people write them, the number plans behind that, and E.164, in which they are kept."""

from gateway.phones.countries import load_countries, notation_of, squeezed
from gateway.phones.notation import (
    Notation,
    PhoneError,
    ambiguous,
    may_be_mobile,
    mobiles,
    normalised,
    possible,
)
from gateway.phones.writing import PLUS, Written, writings

__all__ = [
    "PLUS",
    "Notation",
    "PhoneError",
    "Written",
    "ambiguous",
    "load_countries",
    "may_be_mobile",
    "mobiles",
    "normalised",
    "notation_of",
    "possible",
    "squeezed",
    "writings",
]
