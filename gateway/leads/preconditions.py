"""What the state of an account forbids about leads, in words with the remedy."""

from collections.abc import Collection, Iterator, Sequence

from gateway import names
from gateway.leads.bulk.writer import Written
from gateway.leads.model import Draft
from services.reasons import Reason
from services.runtime.errors import FailedPrecondition, InvalidArgument, Violation

_NAMED_AT_MOST = 5


def refuse_unknown_triggers(drafts: Sequence[Draft], listened_for: Sequence[str]) -> None:
    """Raises `InvalidArgument` for triggers that no sequence listens for."""
    unknown = list(_unknown_triggers(drafts, listened_for))
    if unknown:
        raise InvalidArgument(unknown)


def _unknown_triggers(drafts: Sequence[Draft], listened_for: Sequence[str]) -> Iterator[Violation]:
    there_are = (
        f"there are: {', '.join(listened_for[:_NAMED_AT_MOST])}" if listened_for else "there is none yet"
    )
    text = f"no sequence listens for it; create the sequence first or correct the trigger ({there_are})"
    known = {"", *listened_for}
    for index, wanted in enumerate(drafts):
        if wanted.trigger not in known:
            yield Violation(f"leads[{index}].trigger", text)


def refuse_unknown_devices(drafts: Sequence[Draft], existing: Collection[int]) -> None:
    """Raises `NotFound` for the first device that is not the account's."""
    for index, wanted in enumerate(drafts):
        if wanted.device_id is not None and wanted.device_id not in existing:
            raise names.missing(f"devices/{wanted.device_id}", f"leads[{index}].device")


def refuse_conflicts(drafts: Sequence[Draft], written: Written) -> None:
    """Raises `FailedPrecondition` for leads that cannot change their device; rolls back what was written."""
    fields = [f"leads[{index}].device" for index, one in enumerate(drafts) if one.phone in written.conflicts]
    if fields:
        raise FailedPrecondition(
            f"{', '.join(fields[:_NAMED_AT_MOST])}: another device takes the lead through a sequence"
            f" ({len(fields)} in all); leave the device empty, or wait for the end of the sequence",
            reason=Reason.LEAD_ENROLLED,
            field=fields[0],
        )
