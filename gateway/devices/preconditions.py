"""What the state of an account's devices forbids, in words with the remedy."""

from collections.abc import Mapping, Sequence

from gateway.devices.model import Draft, Settings, Stored
from services.reasons import Reason
from services.runtime.errors import AlreadyExists, FailedPrecondition, InvalidArgument, Violation

_NAMED_AT_MOST = 5


def refuse_held(stored: Stored) -> None:
    """Raises `FailedPrecondition` for a device whose hold ends by itself."""
    if stored.state == "held":
        raise FailedPrecondition(
            f"name: {stored.name} is held ({stored.state_reason}) until"
            f" {stored.held_until:%Y-%m-%d %H:%M} UTC and goes on by itself; only a parked device is"
            " released",
            reason=Reason.DEVICE_HELD,
            field="name",
        )


def refuse_delays(settings: Settings) -> None:
    """Raises `InvalidArgument` when a device, as it would become, waits less at most than at least."""
    if settings.max_delay < settings.min_delay:
        text = "is less than min_delay; raise it, or set a lower min_delay in the same call"
        raise InvalidArgument([Violation("device.max_delay", text)])


def refuse_linked(drafts: Sequence[Draft], ids: Mapping[str, int]) -> None:
    """Raises `AlreadyExists` for the numbers that got no id, because the account has linked them already."""
    fields = [f"devices[{i}].phone" for i, wanted in enumerate(drafts) if wanted.phone not in ids]
    if fields:
        named = fields[:_NAMED_AT_MOST]
        raise AlreadyExists(
            f"{', '.join(named)}: this account has linked the number already ({len(fields)} in all);"
            " leave those out, none was created",
            field=fields[0],
            fields=",".join(named),
        )
