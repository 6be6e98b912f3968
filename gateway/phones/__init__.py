"""Phone numbers: how people write them, the number plans behind that, and E.164, in which they are kept."""

from gateway.phones.notation import Notation, PhoneError, may_be_mobile, normalised, notation_of

__all__ = ["Notation", "PhoneError", "may_be_mobile", "normalised", "notation_of"]
