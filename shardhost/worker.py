"""One device: its session, and one message at a time through it.

    SERVING     takes messages, gives credits
    DRAINING    sends what it has in hand, takes no more, then closes the session
    SUSPENDED   sends nothing until served again; the session stays
    HALTED      sends nothing; closes the session once what is in flight is answered

Whether the device may take another message is known by its credit (`shardhost.credit`); the message in hand
is sent by its loop (`shardhost.send_loop`).
"""

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Any, cast

from opentelemetry import metrics

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.runtime.containment import contained_all
from shardhost.attempt import Hand
from shardhost.connection import FINAL, Connection, HostContext
from shardhost.credit import Credit
from shardhost.inbox import InboundText
from shardhost.outbox import Outbox
from shardhost.outcomes import Report, not_sent, whole_seconds
from shardhost.receipts import DeviceReceipt
from shardhost.send_loop import SendLoop
from shardhost.transports.receipt import Receipt
from shardhost.transports.transport import (
    Inbound,
    Session,
    SessionEnd,
    SessionEvent,
    SessionKey,
    Transport,
    TransportKind,
)

_EVENTS = {
    SessionEnd.DISCONNECTED: pb.DeviceEvent.TYPE_DISCONNECTED,
    SessionEnd.REPLACED: pb.DeviceEvent.TYPE_REPLACED,
    SessionEnd.LOGGED_OUT: pb.DeviceEvent.TYPE_LOGGED_OUT,
    SessionEnd.BANNED: pb.DeviceEvent.TYPE_BANNED,
    SessionEnd.TEMPORARY_BAN: pb.DeviceEvent.TYPE_TEMPORARY_BAN,
    SessionEnd.CLIENT_OUTDATED: pb.DeviceEvent.TYPE_CLIENT_OUTDATED,
    SessionEnd.NOT_PAIRED: pb.DeviceEvent.TYPE_NOT_PAIRED,
    SessionEnd.LOCKED: pb.DeviceEvent.TYPE_LOCKED,
    SessionEnd.PUMP_LOST: pb.DeviceEvent.TYPE_PUMP_LOST,
}
_ended = metrics.get_meter(__name__).create_counter(
    "kompang.session_ends",
    unit="{session}",
    description="Sessions of devices that ended, or could not be had, and not by the host, by how.",
)


# No network names a number in more; Postgres keeps it.
_LONGEST_JID = 100


class WorkerState(Enum):
    """What the device may do; see above."""

    SERVING = "serving"
    DRAINING = "draining"
    SUSPENDED = "suspended"
    HALTED = "halted"


class Worker:
    """`on_idle` is called when the worker has nothing in hand any more."""

    __slots__ = (
        "_connection",
        "_credit",
        "_host_context",
        "_is_wanted",
        "_on_idle",
        "_outbox",
        "_reopens",
        "_sending",
        "_transport",
        "device_id",
        "epoch",
        "shard",
        "state",
    )

    def __init__(
        self,
        device: pb.Device,
        transport: Transport,
        host_context: HostContext,
        outbox: Outbox,
        on_idle: Callable[["Worker"], None],
    ) -> None:
        self.device_id = device.device_id
        self.shard = device.shard
        self.epoch = 0
        self.state = WorkerState.HALTED
        self._is_wanted = device.connect
        # Once nothing is in hand: what the session has to tell is told by another one, or goes another way.
        self._reopens = False
        self._transport = transport
        self._host_context = host_context
        self._outbox = outbox
        self._on_idle = on_idle
        self._connection = Connection(
            _key(device),
            transport,
            host_context,
            self._may_act,
            self._on_live,
            self._on_end,
            self._on_inbound,
            self._on_receipt,
        )
        self._credit = Credit()
        self._sending = SendLoop(self, lambda: self.state is WorkerState.HALTED, self._on_report)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is in hand."""
        return self._sending.hand is None

    @property
    def is_done(self) -> bool:
        """Whether nothing is in hand and every outcome is acknowledged."""
        return self.is_idle and self._credit.is_settled

    @property
    def kind(self) -> TransportKind:
        """What the transport can do about an ambiguous send."""
        return self._transport.kind

    async def run(self) -> None:
        """Send what is handed, one after the other."""
        await self._sending.run()

    # Asked by the lease

    def serve(self, epoch: int) -> None:
        """The lease is granted under this epoch, on this stream.

        Dispatch begins anew with each grant, also with one for a shard that was only about to be handed
        over: a credit given before it is void.
        """
        self.state = WorkerState.SERVING
        self.epoch = epoch
        self._credit.take_back()
        if self._is_wanted:
            self._connection.want(epoch)
            self._outbox.ready(self)

    def want(self, device: pb.Device) -> None:
        """Dispatch says whether to keep a session, and by which way it goes."""
        connect = self._is_wanted = device.connect
        if self._connection.rekey(_key(device)):
            self._reopens = True
            self._reopen_if_asked()
        if self.state is WorkerState.SERVING and connect:
            self._connection.want(self.epoch)
            self._outbox.ready(self)
        self._close_if_unwanted()

    def new_stream(self) -> None:
        """Credits given on the old one are void."""
        self._credit.take_back()

    def stop_serving(self, state: WorkerState) -> None:
        """Drain, suspend or halt."""
        self.state = state
        if state is WorkerState.SUSPENDED:
            self._connection.suspend()
        if state is WorkerState.HALTED:
            self._sending.wake()
        self._close_if_unwanted()

    def cut(self) -> None:
        """Halt, and give up waiting for answers: they become ambiguous."""
        self.stop_serving(WorkerState.HALTED)
        self._connection.drop()

    # Sent by dispatch

    def take(self, hand: Hand) -> None:
        """One message, against the credit."""
        self._credit.take_back()
        held = self._sending.hand
        if held is not None and held.message.message_id == hand.message.message_id:
            # The outcome is that of the newer hand too.
            held.message.attempt = hand.message.attempt
            return
        if held is not None or self._refuses(hand.message.epoch):
            self.report(not_sent(hand.message, hand.shard))
        elif not self._has_gone(hand):
            self._sending.take(hand)

    def take_credit(self) -> bool:
        """Whether it can take a message and has no credit out; it has one out afterwards."""
        return self._credit.is_settled and self._give_credit()

    def credit_with(self, report: Report) -> bool:
        """Whether this outcome, about to be written, carries the credit: only the latest may."""
        return self._credit.is_latest(report) and self._give_credit()

    def acknowledged(self) -> None:
        """One of its outcomes is committed."""
        self._credit.acknowledged()
        if not self._credit.is_out:
            self._outbox.ready(self)

    def report(self, report: Report) -> None:
        """Report to dispatch, and offer the credit with the latest outcome.

        Where the outbox fails, dispatch finds the message left over at the device's next credit, hands it
        again, and then gets this report.
        """
        self._credit.reported(report)
        report.device = self
        with contained_all("shardhost.report", message_id=report.message.message_id) as ended:
            self._outbox.report(report)
        if ended.error is not None:
            self.acknowledged()

    def _give_credit(self) -> bool:
        if self._credit.is_out or not self.is_idle or self._refuses(self.epoch):
            return False
        self._credit.give()
        return True

    def _has_gone(self, hand: Hand) -> bool:
        """Whether this very message was the last, and went; one that may have gone becomes a repeat."""
        last = self._credit.last_word_on(hand)
        if last is None:
            return False
        if last.result == pb.Outcome.RESULT_SENT:
            self.report(replace(last))
            return True
        if last.result == pb.Outcome.RESULT_AMBIGUOUS:
            hand.message.repeat = True
        return False

    # Asked by an attempt to send

    def session_for(self, epoch: int) -> Session | None:
        """The fence. Ask immediately before the send, with no wait between."""
        if epoch != self.epoch or self._connection.epoch != epoch or not self._may_act():
            return None
        return self._connection.session

    async def pause(self, seconds: float) -> None:
        """Wait, or until the device is halted."""
        await self._sending.pause(seconds)

    def _on_report(self, report: Report) -> None:
        if report.result == pb.Outcome.RESULT_SENT:
            self._connection.send_succeeded()
        self.report(report)
        self._close_if_unwanted()
        self._reopen_if_asked()
        self._on_idle(self)

    def _may_act(self) -> bool:
        """Whether there is a lease, as far as this host knows, and a term to act on it."""
        return self.state in (WorkerState.SERVING, WorkerState.DRAINING) and self._host_context.term.holds()

    def _refuses(self, epoch: int) -> bool:
        return (
            self.state is not WorkerState.SERVING
            or epoch != self.epoch
            or not self._is_wanted
            or self._connection.session is None
            or self._connection.epoch != epoch
        )

    def _close_if_unwanted(self) -> None:
        """With nothing in hand, a session that is not wanted any more is closed."""
        is_ending = self.state in (WorkerState.DRAINING, WorkerState.HALTED)
        if self.is_idle and (is_ending or not self._is_wanted):
            if self._connection.session is not None:
                # To dispatch the credit is gone with the session.
                self._credit.take_back()
                self._event(pb.DeviceEvent.TYPE_DISCONNECTED)
            self._connection.drop()

    # Called by the session

    def _on_live(self) -> None:
        self._reopens = False
        session = self._connection.session
        jid = session.jid if session is not None else ""
        self._event(pb.DeviceEvent.TYPE_CONNECTED, jid=jid[:_LONGEST_JID])
        self._outbox.ready(self)

    def _on_end(self, event: SessionEvent) -> None:
        self._credit.take_back()
        if event.end in FINAL:
            # Until dispatch lists the device again.
            self._is_wanted = False
        _ended.add(1, {"kompang.end": event.end.value})
        reason = cast(pb.BanReason, int(event.reason))
        self._event(_EVENTS[event.end], hold_s=whole_seconds(event.hold), ban_reason=reason)

    def _on_inbound(self, inbound: Inbound) -> None:
        """Pass on a text, also without a lease: that somebody wrote is a fact."""
        with contained_all("shardhost.inbound", device_id=self.device_id):
            self._outbox.inbound(InboundText.of(self.device_id, inbound, self._confirm))

    def _confirm(self, inbound_id: str) -> None:
        """Confirm a text. Without a session it comes once more, and recording it changes nothing."""
        if self._connection.session is not None:
            self._connection.session.confirm(inbound_id)

    def _on_receipt(self, receipt: Receipt) -> None:
        """Pass on what became of a message, also without a lease: that it arrived is a fact."""
        with contained_all("shardhost.receipt", device_id=self.device_id):
            self._outbox.receipt(
                DeviceReceipt(self.device_id, receipt, self._confirm_receipt, self._tell_again)
            )

    def _confirm_receipt(self, receipt: Receipt) -> None:
        """Confirm a receipt. Without a session it comes once more, and recording it changes nothing."""
        if self._connection.session is not None:
            self._connection.session.confirm_receipt(receipt)

    def _tell_again(self) -> None:
        """A new session is told what was not confirmed. Where it cannot be had here, the next one is."""
        self._reopens = True
        self._reopen_if_asked()

    def _reopen_if_asked(self) -> None:
        may_reopen = self.state is WorkerState.SERVING and self.is_idle and self._is_wanted
        if self._reopens and may_reopen and self._connection.session is not None:
            self._credit.take_back()
            self._event(pb.DeviceEvent.TYPE_DISCONNECTED)
            self._connection.reopen()

    def _event(self, kind: pb.DeviceEvent.Type, **told: Any) -> None:
        if self.state is WorkerState.SERVING:
            event = pb.DeviceEvent(device_id=self.device_id, epoch=self.epoch, type=kind)
            with contained_all("shardhost.event", device_id=self.device_id):
                event.MergeFrom(pb.DeviceEvent(**told))
            self._outbox.event(event)


def _key(device: pb.Device) -> SessionKey:
    return SessionKey(device.device_id, device.phone, 0, device.jid, device.proxy)
