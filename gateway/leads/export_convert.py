"""Everything known about one lead, as the public API shows it."""

import json
from typing import Any

from gateway import wire
from gateway.events.convert import to_protos as events_to_protos
from gateway.events.model import Stored as Event
from gateway.leads.convert import to_proto
from gateway.leads.model import Stored
from gateway.leads.store import Kept
from gateway.messages.convert import to_proto as message_to_proto
from gateway.messages.model import Stored as Message
from gateway.messages.model import Written
from gateway.messages.rendering import rendered
from kompang.v1 import leads_pb2 as pb
from kompang.v1 import messages_pb2
from services.runtime.containment import contained
from services.runtime.errors import FailedPrecondition

_Export = pb.ExportLeadResponse
_EXACT = messages_pb2.RenderMessageResponse.EXACTNESS_EXACT


def lead_part(lead: Stored, kept: Kept) -> pb.ExportLeadResponse:
    """All but messages and events, of which there may be many."""
    suppressed = kept.suppression
    return _Export(
        lead=to_proto(lead),
        consents=[
            pb.Consent(
                source=row["source"], wording=row["wording"], grant_time=wire.timestamp(row["granted_at"])
            )
            for row in kept.consents
        ],
        suppression=suppressed
        and _Export.Suppression(
            reason=suppressed["reason"], create_time=wire.timestamp(suppressed["created_at"])
        ),
        refused_by=kept.refused_by,
        enrollments=[_enrollment(row) for row in kept.enrollments],
        replies=[
            _Export.Reply(
                device=f"devices/{row['device_id']}",
                kind=row["kind"],
                receive_time=wire.timestamp(row["received_at"]),
            )
            for row in kept.replies
        ],
        refused_rows=[_refused_row(row) for row in kept.refused_rows],
        quarantined_replies=[
            _Export.QuarantinedReply(
                device=f"devices/{row['device_id']}",
                kind=row["meaning"],
                text=row["folded"],
                receive_time=wire.timestamp(row["received_at"]),
            )
            for row in kept.quarantined
        ],
    )


def message_part(message: Message, written: Written | None) -> pb.ExportLeadResponse:
    """One message, and its text where that is certain; the name alone of a message that cannot be shown."""
    name = f"messages/{message.id}"
    with contained("gateway.export.message", message_id=message.id):
        text = _text(written) if written else ""
        texts = [_Export.Text(message=name, text=text)] if text else []
        return _Export(messages=[message_to_proto(message)], texts=texts)
    return _Export(messages=[messages_pb2.Message(name=name)])


def event_part(event: Event) -> pb.ExportLeadResponse:
    """One event; nothing of an event that cannot be shown."""
    return _Export(events=events_to_protos([event]))


def _text(written: Written) -> str:
    """Empty where the text cannot be rendered again byte for byte."""
    with contained("gateway.export.text", message_id=written.id):
        try:
            again = rendered(written)
        except FailedPrecondition:
            # A step that another version of the product saved: RenderMessage says so.
            return ""
        return again.text if again.exactness == _EXACT else ""
    return ""


def _refused_row(row: Any) -> pb.ExportLeadResponse.RefusedRow:
    """Without cells where they are no list of texts: no code of this version writes such."""
    shown = _Export.RefusedRow(
        **{"import": f"imports/{row['import_id']}"}, line=row["line"], reason=row["reason"]
    )
    with contained("gateway.export.refused_row", import_id=row["import_id"], line=row["line"]):
        cells = json.loads(row["cells"])
        if not isinstance(cells, list):
            raise TypeError
        shown.cells.extend(cells)
    return shown


def _enrollment(row: Any) -> pb.ExportLeadResponse.Enrollment:
    versions = zip(row["slugs"] or (), row["revisions"] or (), strict=True)
    return _Export.Enrollment(
        sequence=f"sequences/{row['slug']}",
        state=row["state"],
        reason=row["reason"],
        create_time=wire.timestamp(row["created_at"]),
        end_time=wire.timestamp(row["ended_at"]),
        round=row["round"],
        message_count=row["message_count"],
        versions=[
            _Export.Version(sequence=f"sequences/{slug}", revision=revision) for slug, revision in versions
        ],
    )
