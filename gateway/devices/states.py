"""Why a device is held or parked, and what a person does about it: one sentence for each reason.

`docs/devices.md` is the same as a table; a test holds it, this and the policy of dispatch together.
"""

from collections.abc import Mapping
from typing import NamedTuple

from services.message.reason import MessageReason
from services.states import DeviceState

UNLINKED = "unlinked"
CLIENT_OUTDATED = MessageReason.CLIENT_OUTDATED


class Why(NamedTuple):
    """`remedy`: what somebody does; of a hold that ends by itself, that it does."""

    what: str
    remedy: str


_RELEASE = "then release the device (ReleaseDevice)"
_BY_ITSELF = "it goes on by itself"

# A hold of `replaced` passes, a park does not.
HELD: Mapping[str, Why] = {
    MessageReason.RATE_LIMITED: Why("the network takes no more messages of it for a moment", _BY_ITSELF),
    MessageReason.TEMPORARY_BAN: Why("the network has banned it for a time", _BY_ITSELF),
    MessageReason.REPLACED: Why("another session took the number over", _BY_ITSELF),
    MessageReason.CLIENT_OUTDATED: Why(
        "the network takes no session any more of the version that its shard host runs",
        "an operator upgrades the shard hosts, and it goes on by itself",
    ),
}
PARKED: Mapping[str, Why] = {
    MessageReason.LOGGED_OUT: Why("the number was logged out", f"link it again, {_RELEASE}"),
    MessageReason.NOT_PAIRED: Why("the number is not linked", f"link it, {_RELEASE}"),
    MessageReason.LOCKED: Why(
        "the network has locked the account",
        f"do what WhatsApp asks for on the telephone of the number, link it again, {_RELEASE}",
    ),
    MessageReason.BANNED: Why(
        "the network has banned the number",
        f"ask for a review in WhatsApp on its telephone, link it again once the ban is lifted, {_RELEASE}",
    ),
    MessageReason.REPLACED: Why(
        "another session took the number over again and again",
        f"end the other session of the number, in another installation or by its telephone, {_RELEASE}",
    ),
    UNLINKED: Why(
        "it gave up its number (UnlinkDevice)", "release it (ReleaseDevice) to take the number back"
    ),
}

BAN_REASONS: Mapping[str, str] = {
    "sent_to_too_many_people": "it wrote to too many people who did not have its number",
    "blocked_by_users": "too many people blocked it",
    "created_too_many_groups": "it made too many groups with people who did not have its number",
    "sent_too_many_same_message": "it sent the same message too many times",
    "broadcast_list": "it sent too many messages to a broadcast list",
    "other": "for a reason that has no name here",
}


def why(state: str, reason: str, ban_reason: str) -> str:
    """`the network has banned it for a time (too many people blocked it): it goes on by itself`.

    Of a reason that this version does not know, the reason alone; of an active device nothing.
    """
    found = {DeviceState.HELD: HELD, DeviceState.PARKED: PARKED}.get(DeviceState(state), {}).get(reason)
    if found is None:
        return reason if state != DeviceState.ACTIVE else ""
    says = BAN_REASONS.get(ban_reason, ban_reason)
    return f"{found.what}{f' ({says})' if says else ''}: {found.remedy}"
