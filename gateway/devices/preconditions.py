"""What the state of an account's devices forbids, in words with the remedy."""

from collections.abc import Collection, Mapping, Sequence

from gateway.devices.model import Draft, Settings, Stored
from gateway.devices.states import CLIENT_OUTDATED, why
from services.reasons import Reason
from services.runtime.errors import AlreadyExists, FailedPrecondition, InvalidArgument, Violation
from services.states import DeviceState

_NAMED_AT_MOST = 5


def refuse_held(stored: Stored) -> None:
    """Raises `FailedPrecondition` for a device whose hold ends by itself."""
    if stored.state == DeviceState.HELD and stored.state_reason == CLIENT_OUTDATED:
        raise FailedPrecondition(
            f"name: {stored.name} is held, because"
            f" {why(stored.state, stored.state_reason, '')}; only a parked device is released",
            reason=Reason.DEVICE_HELD,
            field="name",
        )
    if stored.state == DeviceState.HELD:
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


def refuse_linked(drafts: Sequence[Draft], ids: Mapping[str, int], own: Collection[str]) -> None:
    """Raises for the numbers that got no id: `own` are devices of the account already, the others of another.

    Nothing says of which one: a caller learns that a number is taken, not by whom.
    """
    refused = {f"devices[{i}].phone": draft.phone for i, draft in enumerate(drafts) if draft.phone not in ids}
    if fields := [field for field, phone in refused.items() if phone in own]:
        raise AlreadyExists(
            f"{_named(fields)}: this account has linked the number already ({len(fields)} in all);"
            " leave those out, none was created",
            field=fields[0],
            fields=_named(fields, ","),
        )
    if fields := list(refused):
        raise FailedPrecondition(
            f"{_named(fields)}: another account of this installation has linked the number ({len(fields)} in"
            " all), and a number has one account at a time; if it was given to you, let that account unlink"
            " its device first (UnlinkDevice), or ask the operator; none was created",
            reason=Reason.NUMBER_LINKED_ELSEWHERE,
            field=fields[0],
            fields=_named(fields, ","),
        )


def number_taken(stored: Stored) -> FailedPrecondition:
    """For a device that gave up its number, which another account has linked since."""
    return FailedPrecondition(
        f"name: {stored.name} gave up its number, and another account of this installation has linked it"
        " since; let that account unlink its device first (UnlinkDevice), or ask the operator",
        reason=Reason.NUMBER_LINKED_ELSEWHERE,
        field="name",
    )


def _named(fields: Sequence[str], separator: str = ", ") -> str:
    return separator.join(fields[:_NAMED_AT_MOST])
