"""A stored lead as the public API shows it."""

from gateway import wire
from gateway.leads.model import Consent, Stored
from gateway.unreadable import of_row
from kompang.v1 import leads_pb2 as pb
from services.consent.number_forms import other_forms


@of_row(lambda stored: f"leads/{stored.id}")
def to_proto(stored: Stored) -> pb.Lead:
    """The same lead."""
    return pb.Lead(
        name=f"leads/{stored.id}",
        phone=stored.phone,
        display_name=stored.display_name,
        trigger=stored.trigger,
        device=f"devices/{stored.device_id}",
        attributes=stored.attributes,
        consent=_consent(stored.consent),
        suppressed=stored.suppressed,
        create_time=wire.timestamp(stored.created_at),
        update_time=wire.timestamp(stored.updated_at),
        language=stored.language,
        timezone=stored.timezone,
        other_phones=_other_phones(stored),
        network_id=stored.lid,
        former_network_ids=stored.former_lids,
        refuse_time=wire.timestamp(stored.refused_at),
        doubt_time=wire.timestamp(stored.doubted_at),
    )


def _other_phones(stored: Stored) -> list[str]:
    forms = other_forms(stored.phone)
    named = f"+{stored.network_phone}"
    return [*forms, named] if stored.network_phone and named not in forms else forms


def _consent(consent: Consent | None) -> pb.Consent | None:
    if consent is None:
        return None
    return pb.Consent(
        source=consent.source, wording=consent.wording, grant_time=wire.timestamp(consent.granted_at)
    )
