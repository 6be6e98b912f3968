"""Pure: what is wrong with leads as a caller wrote them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from google.protobuf import timestamp_pb2

from gateway import names, phones, wire
from gateway.leads.model import CONSENT_TOO_LONG, Consent, Draft, is_consent_too_long
from gateway.paging import MAX_BYTES
from gateway.phones.check import check_each
from kompang.v1 import imports_pb2, leads_pb2
from services.runtime.errors import Violation

# Clocks differ: a permission given "just now" elsewhere may be a little ahead of us.
_SKEW = timedelta(minutes=1)
_STOP_WORD = "stop_word"


def check_upsert(request: leads_pb2.BatchUpsertLeadsRequest) -> list[Violation]:
    """The rules that code knows for BatchUpsertLeads."""
    found: list[Violation] = []
    if request.ByteSize() > MAX_BYTES:
        # The response repeats the leads: a client that cannot take it would not learn that they are written.
        found.append(Violation("leads", f"is larger than {MAX_BYTES >> 20} MB in all; send fewer at a time"))
    found += check_each("leads", [lead.phone for lead in request.leads], phones.normalised)
    for index, lead in enumerate(request.leads):
        found += check_consent(f"leads[{index}].consent", lead.consent)
    return found


def check_suppress(request: leads_pb2.SuppressLeadRequest) -> list[Violation]:
    """The rule that code knows for SuppressLead."""
    return list(check_reason("reason", request.reason))


def check_reason(path: str, reason: str) -> Iterator[Violation]:
    """For why somebody is suppressed: not the word of a person's own stop, which START takes back."""
    if reason == _STOP_WORD:
        because = "is how a person's own reply is recorded, which a START of theirs takes back"
        yield Violation(path, f"{because}; write it in other words, such as: asked us to stop")


def check_consent(path: str, consent: leads_pb2.Consent | imports_pb2.ImportConsent) -> Iterator[Violation]:
    """For the permission of a lead, or of everybody in a file: not too long, and not given in the future."""
    if is_consent_too_long(consent.source, consent.wording):
        yield Violation(f"{path}.wording", CONSENT_TOO_LONG)
    if consent.HasField("grant_time"):
        yield from _check_grant(f"{path}.grant_time", consent.grant_time)


def _check_grant(path: str, value: timestamp_pb2.Timestamp) -> Iterator[Violation]:
    if wire.moment(value) > datetime.now(UTC) + _SKEW:
        yield Violation(path, "is in the future; send when the permission was given, in UTC")


def draft(lead: leads_pb2.Lead) -> Draft:
    """A checked lead, ready to be written."""
    consent = None
    if lead.HasField("consent"):
        given = lead.consent
        consent = Consent(given.source, given.wording, wire.moment(given.grant_time))
    return Draft(
        phone=phones.normalised(lead.phone),
        display_name=lead.display_name,
        trigger=lead.trigger,
        device_id=names.number(lead.device) or None,
        attributes=dict(lead.attributes),
        consent=consent,
        language=lead.language,
        timezone=lead.timezone,
    )
