"""Pure: a text that a host received, cleaned and bounded so that it can be recorded.

What people write must not be lost because of the way it was written: the words are compared without
characters that nobody sees, and an id that the database cannot keep is kept as its hash. A text of which
nobody can say what it means, because reading it failed, is perhaps a stop.
"""

import hashlib
import unicodedata

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.consent.meaning import core, meaning
from services.consent.number_forms import canonical
from services.consent.words import Meaning, folded
from services.dispatch.inbound.store import InboundText

_MOST_DEVICES = 2**31 - 1
_LONGEST_ID = 255
# The longest international number has 15 digits.
_LONGEST_SENDER = 20
# As many digits at the end of a number name a person, as in `gateway.leads.traces`.
_DIGITS_THAT_TELL = 8
_BETWEEN_DIGITS = " -+()."


def read(inbound: pb.Inbound) -> InboundText:
    """What the text says and means; whether it can be recorded, `is_attributable` says."""
    sender, lid = _digits(inbound.sender), _digits(inbound.lid)
    number = canonical(sender)
    return InboundText(
        device_id=inbound.device_id,
        inbound_id=_stored_id(inbound.inbound_id, sender, lid),
        # The network may know the person by an older form of the number than the lead is kept under.
        sender=number,
        folded=folded(inbound.text),
        core=core(inbound.text),
        meaning=meaning(inbound.text).value,
        lid=lid,
        known_as="" if number == sender else sender,
    )


def unread(inbound: pb.Inbound) -> InboundText:
    """For a text on which `read` failed: the person is left alone until somebody has decided."""
    sender, lid = _digits(inbound.sender), _digits(inbound.lid)
    return InboundText(
        device_id=inbound.device_id,
        inbound_id=_stored_id(inbound.inbound_id, sender, lid),
        sender=sender,
        folded="",
        meaning=Meaning.PERHAPS.value,
        lid=lid,
    )


def is_attributable(text: InboundText) -> bool:
    """Whether there can be such a device and such a person, by number or identity."""
    return 0 < text.device_id <= _MOST_DEVICES and bool(text.sender or text.lid)


def _digits(who: str) -> str:
    return "".join(c for c in who if c in "0123456789")[:_LONGEST_SENDER]


def _stored_id(inbound_id: str, sender: str, lid: str) -> str:
    """As the network has it; its hash where the database cannot keep it, or where the number stands in it."""
    is_kept = inbound_id and len(inbound_id) <= _LONGEST_ID and inbound_id.isprintable()
    if is_kept and not _says_who(inbound_id, sender, lid):
        return inbound_id
    return "sha256:" + hashlib.sha256(inbound_id.encode("utf-8", "surrogatepass")).hexdigest()


def _says_who(inbound_id: str, sender: str, lid: str) -> bool:
    # With a sign or a space between them, or without the country's code, the digits still say who it is.
    digits = "".join(str(unicodedata.decimal(c)) for c in inbound_id if c.isdecimal())
    known = any(each and each[-_DIGITS_THAT_TELL:] in digits for each in (sender, lid))
    # Where the number is not known, whatever may be one is taken for it.
    return known or (not sender and _may_be_number(inbound_id))


def _may_be_number(inbound_id: str) -> bool:
    run = 0
    for character in inbound_id:
        if character.isdecimal():
            run += 1
        elif character not in _BETWEEN_DIGITS:
            run = 0
        if run >= _DIGITS_THAT_TELL:
            return True
    return False
