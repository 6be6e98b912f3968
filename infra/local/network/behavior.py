"""What happens to a send: drawn from the script, the seed, the device, the wire id and the attempt.

This module keeps no state: the same sends under the same script end the same again, in any order and at
any time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from infra.local.network import latency
from infra.local.network.identities import Identities
from infra.local.network.uniforms import uniforms
from kompang.simulation.v1 import behavior_pb2 as pb


@dataclass(frozen=True, slots=True)
class Refusal:
    """A failure class, how many milliseconds to wait and what a ban is for, 0 for no word on it."""

    failure: pb.Failure
    hold_ms: int = 0
    ban_reason: pb.BanReason = pb.BAN_REASON_UNSPECIFIED


@dataclass(frozen=True, slots=True)
class Draw:
    """What happens to one attempt, if nothing else prevents it; delays in seconds."""

    refusal: Refusal | None = None
    lost_send: bool = False
    lost_ack: bool = False
    accept_delay: float = 0.0
    ack_delay: float = 0.0


@dataclass(frozen=True, slots=True)
class PlannedReceipts:
    """What becomes of a message that was taken; delays in seconds, None where it does not happen."""

    delivered: float | None = None
    read: float | None = None
    twice: bool = False
    # Before the acknowledgement of the send, not after it.
    early: bool = False


@dataclass(frozen=True, slots=True)
class TraceAnswer:
    """How the network answers what became of an id: after so many seconds, None for not at all."""

    delay: float | None = 0.0
    is_unclear: bool = False


NOTHING = PlannedReceipts()
AT_ONCE = Draw()
ABSENT = Refusal(pb.FAILURE_NOT_ON_WHATSAPP)


class ReceiptConduct:
    """One compiled `pb.Receipts`."""

    def __init__(self, script: pb.Receipts) -> None:
        self._script = script
        self._delivered_delay = latency.compiled(script.delivered_latency)
        self._read_delay = latency.compiled(script.read_latency)

    def draw(self, key: tuple[object, ...]) -> PlannedReceipts:
        """Draws what becomes of the message that the key names."""
        script = self._script
        if not script.delivered:
            return NOTHING
        arrives, opened, late, later = uniforms(*key, "receipts")
        if arrives >= script.delivered:
            return NOTHING
        twice, first, early, _ = uniforms(*key, "told")
        delivered = self._delivered_delay(late)
        read = delivered + self._read_delay(later) if opened < script.read else None
        if read is not None and first < script.read_first:
            delivered, read = read, delivered
        return PlannedReceipts(delivered, read, twice < script.twice, early < script.early)


class Conduct:
    """One compiled `pb.Conduct`. Raises ValueError when its refusals add up to more than 1."""

    def __init__(self, script: pb.Conduct) -> None:
        self.accept_delay = latency.compiled(script.accept_latency)
        self.ack_delay = latency.compiled(script.ack_latency)
        self.open_delay: Callable[[float], float] = latency.compiled(script.open_latency)
        self.receipts = ReceiptConduct(script.receipts)
        self.look_up_delay = latency.compiled(script.look_up_latency)
        self._traces = script.traces
        self._trace_delay = latency.compiled(script.traces.latency)
        self.new_chats = script.new_chats
        self._lost_send = script.lost_send
        self._lost_ack = script.lost_ack
        self._refusals = [
            Refusal(chance.failure, chance.hold_ms, chance.ban_reason) for chance in script.refusals
        ]
        refusal = script.open_refusal
        self.open_refusal = (
            Refusal(refusal.failure, refusal.hold_ms, refusal.ban_reason) if refusal.failure else None
        )
        self._thresholds = list(accumulate(chance.probability for chance in script.refusals))
        if self._thresholds and self._thresholds[-1] > 1 + 1e-9:
            raise ValueError("refusals: the probabilities add up to more than 1")
        delays = (self.accept_delay, self.ack_delay)
        self.at_once = (
            not (self._refusals or self._lost_send or self._lost_ack) and delays == (latency.none,) * 2
        )

    def draw(self, key: tuple[object, ...]) -> Draw:
        """Draws what happens to the attempt that the key names."""
        if self.at_once:
            return AT_ONCE
        refused, lost, accept, ack = uniforms(*key)
        lost_send = lost < self._lost_send
        # What is left of the same number is uniform again once the loss of the send is ruled out.
        lost_ack = not lost_send and lost < self._lost_send + (1 - self._lost_send) * self._lost_ack
        return Draw(
            self._refusal(refused), lost_send, lost_ack, self.accept_delay(accept), self.ack_delay(ack)
        )

    def trace(self, key: tuple[object, ...]) -> TraceAnswer:
        """Draws how the question that the key names is answered."""
        lost, unclear, late, _ = uniforms(*key, "trace")
        if lost < self._traces.lost:
            return TraceAnswer(None)
        return TraceAnswer(self._trace_delay(late), unclear < self._traces.unclear)

    def _refusal(self, number: float) -> Refusal | None:
        for threshold, refusal in zip(self._thresholds, self._refusals, strict=True):
            if number < threshold:
                return refusal
        return None


class Behavior:
    """One compiled `pb.Behavior`. Raises ValueError for a script that makes no sense."""

    def __init__(self, script: pb.Behavior) -> None:
        self._seed = script.seed
        self._general = Conduct(script.conduct)
        self._devices = {phone: Conduct(conduct) for phone, conduct in script.devices.items()}
        self._recipients = {phone: Conduct(conduct) for phone, conduct in script.recipients.items()}
        self._absent = frozenset(script.absent_recipients)
        self._absent_fraction = script.absent_fraction
        self.identities = Identities(script)

    def draw(self, device: str, recipient: str, wire_id: str, attempt: int) -> Draw:
        """Draws what happens to an attempt (0: the first) of a device to send this id to this recipient."""
        conduct = self._recipients.get(recipient) or self._devices.get(device) or self._general
        draw = conduct.draw((self._seed, device, wire_id, attempt))
        if self._is_absent(recipient):
            return Draw(ABSENT, accept_delay=draw.accept_delay, ack_delay=draw.ack_delay)
        return draw

    def receipts(self, device: str, recipient: str, wire_id: str) -> PlannedReceipts:
        """Draws what becomes of a message that the network takes."""
        conduct = self._recipients.get(recipient) or self._devices.get(device) or self._general
        return conduct.receipts.draw((self._seed, device, wire_id))

    def trace(self, device: str, wire_id: str, number: int) -> TraceAnswer:
        """Draws how this question (0: the first) of a device about an id is answered."""
        conduct = self._devices.get(device) or self._general
        return conduct.trace((self._seed, device, wire_id, number))

    def look_up(self, device: str, recipient: str) -> tuple[float, bool]:
        """Returns the seconds that a look-up of this number takes, and whether it is on the network."""
        conduct = self._recipients.get(recipient) or self._devices.get(device) or self._general
        delay = conduct.look_up_delay(uniforms(self._seed, device, "look-up", recipient)[0])
        return delay, not self._is_absent(recipient)

    def new_chats(self, device: str) -> pb.NewChats:
        """How many new chats a device may begin."""
        return (self._devices.get(device) or self._general).new_chats

    def open_refusal(self, device: str) -> Refusal | None:
        """Why no session of the device opens now; None where it does."""
        return (self._devices.get(device) or self._general).open_refusal

    def open_delay(self, device: str, attempt: int) -> float:
        """Returns the seconds that this opening of a session takes."""
        conduct = self._devices.get(device) or self._general
        if conduct.open_delay is latency.none:
            return 0.0
        return conduct.open_delay(uniforms(self._seed, device, "open", attempt)[0])

    def _is_absent(self, recipient: str) -> bool:
        if recipient in self._absent:
            return True
        fraction = self._absent_fraction
        return fraction > 0 and uniforms(self._seed, "absent", recipient)[0] < fraction
