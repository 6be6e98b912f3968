from buf.validate import validate_pb2 as _validate_pb2
from kompang.simulation.v1 import behavior_pb2 as _behavior_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Disruption(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISRUPTION_UNSPECIFIED: _ClassVar[Disruption]
    DISRUPTION_DISCONNECT: _ClassVar[Disruption]
    DISRUPTION_TEMPORARY_BAN: _ClassVar[Disruption]
    DISRUPTION_LOG_OUT: _ClassVar[Disruption]
    DISRUPTION_BAN: _ClassVar[Disruption]
    DISRUPTION_RESTORE: _ClassVar[Disruption]
    DISRUPTION_DROP_HOST: _ClassVar[Disruption]
    DISRUPTION_OUTDATE_CLIENT: _ClassVar[Disruption]
    DISRUPTION_UNPAIR: _ClassVar[Disruption]
    DISRUPTION_LOCK: _ClassVar[Disruption]
    DISRUPTION_LOSE_PUMP: _ClassVar[Disruption]
DISRUPTION_UNSPECIFIED: Disruption
DISRUPTION_DISCONNECT: Disruption
DISRUPTION_TEMPORARY_BAN: Disruption
DISRUPTION_LOG_OUT: Disruption
DISRUPTION_BAN: Disruption
DISRUPTION_RESTORE: Disruption
DISRUPTION_DROP_HOST: Disruption
DISRUPTION_OUTDATE_CLIENT: Disruption
DISRUPTION_UNPAIR: Disruption
DISRUPTION_LOCK: Disruption
DISRUPTION_LOSE_PUMP: Disruption

class ConnectRequest(_message.Message):
    __slots__ = ("hello", "opens", "sends", "closes", "receipts", "confirmed", "questions")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    OPENS_FIELD_NUMBER: _ClassVar[int]
    SENDS_FIELD_NUMBER: _ClassVar[int]
    CLOSES_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_FIELD_NUMBER: _ClassVar[int]
    QUESTIONS_FIELD_NUMBER: _ClassVar[int]
    hello: Hello
    opens: OpenFrame
    sends: SendFrame
    closes: CloseFrame
    receipts: ReceiptFrame
    confirmed: MessageReceiptFrame
    questions: QuestionFrame
    def __init__(self, hello: _Optional[_Union[Hello, _Mapping]] = ..., opens: _Optional[_Union[OpenFrame, _Mapping]] = ..., sends: _Optional[_Union[SendFrame, _Mapping]] = ..., closes: _Optional[_Union[CloseFrame, _Mapping]] = ..., receipts: _Optional[_Union[ReceiptFrame, _Mapping]] = ..., confirmed: _Optional[_Union[MessageReceiptFrame, _Mapping]] = ..., questions: _Optional[_Union[QuestionFrame, _Mapping]] = ...) -> None: ...

class ConnectResponse(_message.Message):
    __slots__ = ("opened", "acks", "ends", "replies", "receipts", "answers")
    OPENED_FIELD_NUMBER: _ClassVar[int]
    ACKS_FIELD_NUMBER: _ClassVar[int]
    ENDS_FIELD_NUMBER: _ClassVar[int]
    REPLIES_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    opened: OpenedFrame
    acks: AckFrame
    ends: EndFrame
    replies: InboundFrame
    receipts: MessageReceiptFrame
    answers: AnswerFrame
    def __init__(self, opened: _Optional[_Union[OpenedFrame, _Mapping]] = ..., acks: _Optional[_Union[AckFrame, _Mapping]] = ..., ends: _Optional[_Union[EndFrame, _Mapping]] = ..., replies: _Optional[_Union[InboundFrame, _Mapping]] = ..., receipts: _Optional[_Union[MessageReceiptFrame, _Mapping]] = ..., answers: _Optional[_Union[AnswerFrame, _Mapping]] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("host_id", "forgets_ids")
    HOST_ID_FIELD_NUMBER: _ClassVar[int]
    FORGETS_IDS_FIELD_NUMBER: _ClassVar[int]
    host_id: str
    forgets_ids: bool
    def __init__(self, host_id: _Optional[str] = ..., forgets_ids: _Optional[bool] = ...) -> None: ...

class OpenFrame(_message.Message):
    __slots__ = ("opens",)
    OPENS_FIELD_NUMBER: _ClassVar[int]
    opens: _containers.RepeatedCompositeFieldContainer[Open]
    def __init__(self, opens: _Optional[_Iterable[_Union[Open, _Mapping]]] = ...) -> None: ...

class Open(_message.Message):
    __slots__ = ("session_id", "phone", "epoch")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    PHONE_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    session_id: int
    phone: str
    epoch: int
    def __init__(self, session_id: _Optional[int] = ..., phone: _Optional[str] = ..., epoch: _Optional[int] = ...) -> None: ...

class OpenedFrame(_message.Message):
    __slots__ = ("opened",)
    OPENED_FIELD_NUMBER: _ClassVar[int]
    opened: _containers.RepeatedCompositeFieldContainer[Opened]
    def __init__(self, opened: _Optional[_Iterable[_Union[Opened, _Mapping]]] = ...) -> None: ...

class Opened(_message.Message):
    __slots__ = ("session_id", "connection", "failure", "hold_ms", "ban_reason", "jid")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    HOLD_MS_FIELD_NUMBER: _ClassVar[int]
    BAN_REASON_FIELD_NUMBER: _ClassVar[int]
    JID_FIELD_NUMBER: _ClassVar[int]
    session_id: int
    connection: int
    failure: _behavior_pb2.Failure
    hold_ms: int
    ban_reason: _behavior_pb2.BanReason
    jid: str
    def __init__(self, session_id: _Optional[int] = ..., connection: _Optional[int] = ..., failure: _Optional[_Union[_behavior_pb2.Failure, str]] = ..., hold_ms: _Optional[int] = ..., ban_reason: _Optional[_Union[_behavior_pb2.BanReason, str]] = ..., jid: _Optional[str] = ...) -> None: ...

class SendFrame(_message.Message):
    __slots__ = ("sends",)
    SENDS_FIELD_NUMBER: _ClassVar[int]
    sends: _containers.RepeatedCompositeFieldContainer[Send]
    def __init__(self, sends: _Optional[_Iterable[_Union[Send, _Mapping]]] = ...) -> None: ...

class Send(_message.Message):
    __slots__ = ("send_id", "session_id", "recipient", "wire_id", "text", "traceparent")
    SEND_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    WIRE_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    send_id: int
    session_id: int
    recipient: str
    wire_id: str
    text: str
    traceparent: str
    def __init__(self, send_id: _Optional[int] = ..., session_id: _Optional[int] = ..., recipient: _Optional[str] = ..., wire_id: _Optional[str] = ..., text: _Optional[str] = ..., traceparent: _Optional[str] = ...) -> None: ...

class AckFrame(_message.Message):
    __slots__ = ("acks",)
    ACKS_FIELD_NUMBER: _ClassVar[int]
    acks: _containers.RepeatedCompositeFieldContainer[Ack]
    def __init__(self, acks: _Optional[_Iterable[_Union[Ack, _Mapping]]] = ...) -> None: ...

class Ack(_message.Message):
    __slots__ = ("send_id", "session_id", "failure", "hold_ms", "accepted_age_ms", "repeated", "lid", "number", "ban_reason")
    SEND_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    HOLD_MS_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_AGE_MS_FIELD_NUMBER: _ClassVar[int]
    REPEATED_FIELD_NUMBER: _ClassVar[int]
    LID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    BAN_REASON_FIELD_NUMBER: _ClassVar[int]
    send_id: int
    session_id: int
    failure: _behavior_pb2.Failure
    hold_ms: int
    accepted_age_ms: int
    repeated: bool
    lid: str
    number: str
    ban_reason: _behavior_pb2.BanReason
    def __init__(self, send_id: _Optional[int] = ..., session_id: _Optional[int] = ..., failure: _Optional[_Union[_behavior_pb2.Failure, str]] = ..., hold_ms: _Optional[int] = ..., accepted_age_ms: _Optional[int] = ..., repeated: _Optional[bool] = ..., lid: _Optional[str] = ..., number: _Optional[str] = ..., ban_reason: _Optional[_Union[_behavior_pb2.BanReason, str]] = ...) -> None: ...

class QuestionFrame(_message.Message):
    __slots__ = ("questions",)
    QUESTIONS_FIELD_NUMBER: _ClassVar[int]
    questions: _containers.RepeatedCompositeFieldContainer[Question]
    def __init__(self, questions: _Optional[_Iterable[_Union[Question, _Mapping]]] = ...) -> None: ...

class Question(_message.Message):
    __slots__ = ("question_id", "session_id", "wire_id", "recipient")
    QUESTION_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    WIRE_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    question_id: int
    session_id: int
    wire_id: str
    recipient: str
    def __init__(self, question_id: _Optional[int] = ..., session_id: _Optional[int] = ..., wire_id: _Optional[str] = ..., recipient: _Optional[str] = ...) -> None: ...

class AnswerFrame(_message.Message):
    __slots__ = ("answers",)
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    answers: _containers.RepeatedCompositeFieldContainer[Answer]
    def __init__(self, answers: _Optional[_Iterable[_Union[Answer, _Mapping]]] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("question_id", "session_id", "traced", "is_present")
    QUESTION_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TRACED_FIELD_NUMBER: _ClassVar[int]
    IS_PRESENT_FIELD_NUMBER: _ClassVar[int]
    question_id: int
    session_id: int
    traced: Traced
    is_present: bool
    def __init__(self, question_id: _Optional[int] = ..., session_id: _Optional[int] = ..., traced: _Optional[_Union[Traced, _Mapping]] = ..., is_present: _Optional[bool] = ...) -> None: ...

class Traced(_message.Message):
    __slots__ = ("fate", "accepted_age_ms")
    class Fate(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FATE_UNSPECIFIED: _ClassVar[Traced.Fate]
        FATE_WENT: _ClassVar[Traced.Fate]
        FATE_NEVER_WENT: _ClassVar[Traced.Fate]
        FATE_UNCLEAR: _ClassVar[Traced.Fate]
    FATE_UNSPECIFIED: Traced.Fate
    FATE_WENT: Traced.Fate
    FATE_NEVER_WENT: Traced.Fate
    FATE_UNCLEAR: Traced.Fate
    FATE_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_AGE_MS_FIELD_NUMBER: _ClassVar[int]
    fate: Traced.Fate
    accepted_age_ms: int
    def __init__(self, fate: _Optional[_Union[Traced.Fate, str]] = ..., accepted_age_ms: _Optional[int] = ...) -> None: ...

class CloseFrame(_message.Message):
    __slots__ = ("session_ids",)
    SESSION_IDS_FIELD_NUMBER: _ClassVar[int]
    session_ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, session_ids: _Optional[_Iterable[int]] = ...) -> None: ...

class EndFrame(_message.Message):
    __slots__ = ("ends",)
    ENDS_FIELD_NUMBER: _ClassVar[int]
    ends: _containers.RepeatedCompositeFieldContainer[End]
    def __init__(self, ends: _Optional[_Iterable[_Union[End, _Mapping]]] = ...) -> None: ...

class End(_message.Message):
    __slots__ = ("session_id", "failure", "hold_ms", "ban_reason")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    HOLD_MS_FIELD_NUMBER: _ClassVar[int]
    BAN_REASON_FIELD_NUMBER: _ClassVar[int]
    session_id: int
    failure: _behavior_pb2.Failure
    hold_ms: int
    ban_reason: _behavior_pb2.BanReason
    def __init__(self, session_id: _Optional[int] = ..., failure: _Optional[_Union[_behavior_pb2.Failure, str]] = ..., hold_ms: _Optional[int] = ..., ban_reason: _Optional[_Union[_behavior_pb2.BanReason, str]] = ...) -> None: ...

class InboundFrame(_message.Message):
    __slots__ = ("replies",)
    REPLIES_FIELD_NUMBER: _ClassVar[int]
    replies: _containers.RepeatedCompositeFieldContainer[Inbound]
    def __init__(self, replies: _Optional[_Iterable[_Union[Inbound, _Mapping]]] = ...) -> None: ...

class Inbound(_message.Message):
    __slots__ = ("session_id", "reply_id", "sender", "text", "lid")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LID_FIELD_NUMBER: _ClassVar[int]
    session_id: int
    reply_id: str
    sender: str
    text: str
    lid: str
    def __init__(self, session_id: _Optional[int] = ..., reply_id: _Optional[str] = ..., sender: _Optional[str] = ..., text: _Optional[str] = ..., lid: _Optional[str] = ...) -> None: ...

class ReceiptFrame(_message.Message):
    __slots__ = ("receipts",)
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    receipts: _containers.RepeatedCompositeFieldContainer[Receipt]
    def __init__(self, receipts: _Optional[_Iterable[_Union[Receipt, _Mapping]]] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("session_id", "reply_id")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: int
    reply_id: str
    def __init__(self, session_id: _Optional[int] = ..., reply_id: _Optional[str] = ...) -> None: ...

class MessageReceiptFrame(_message.Message):
    __slots__ = ("receipts",)
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    receipts: _containers.RepeatedCompositeFieldContainer[MessageReceipt]
    def __init__(self, receipts: _Optional[_Iterable[_Union[MessageReceipt, _Mapping]]] = ...) -> None: ...

class MessageReceipt(_message.Message):
    __slots__ = ("session_id", "wire_id", "read", "time_ms")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    WIRE_ID_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    session_id: int
    wire_id: str
    read: bool
    time_ms: int
    def __init__(self, session_id: _Optional[int] = ..., wire_id: _Optional[str] = ..., read: _Optional[bool] = ..., time_ms: _Optional[int] = ...) -> None: ...

class ReplyRequest(_message.Message):
    __slots__ = ("phone", "sender", "text", "reply_id", "lid", "by_identity")
    PHONE_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    LID_FIELD_NUMBER: _ClassVar[int]
    BY_IDENTITY_FIELD_NUMBER: _ClassVar[int]
    phone: str
    sender: str
    text: str
    reply_id: str
    lid: str
    by_identity: bool
    def __init__(self, phone: _Optional[str] = ..., sender: _Optional[str] = ..., text: _Optional[str] = ..., reply_id: _Optional[str] = ..., lid: _Optional[str] = ..., by_identity: _Optional[bool] = ...) -> None: ...

class ReplyResponse(_message.Message):
    __slots__ = ("reply_id", "delivered")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    delivered: bool
    def __init__(self, reply_id: _Optional[str] = ..., delivered: _Optional[bool] = ...) -> None: ...

class SetBehaviorRequest(_message.Message):
    __slots__ = ("behavior",)
    BEHAVIOR_FIELD_NUMBER: _ClassVar[int]
    behavior: _behavior_pb2.Behavior
    def __init__(self, behavior: _Optional[_Union[_behavior_pb2.Behavior, _Mapping]] = ...) -> None: ...

class DisruptRequest(_message.Message):
    __slots__ = ("disruption", "phone", "host_id", "hold_ms", "ban_reason")
    DISRUPTION_FIELD_NUMBER: _ClassVar[int]
    PHONE_FIELD_NUMBER: _ClassVar[int]
    HOST_ID_FIELD_NUMBER: _ClassVar[int]
    HOLD_MS_FIELD_NUMBER: _ClassVar[int]
    BAN_REASON_FIELD_NUMBER: _ClassVar[int]
    disruption: Disruption
    phone: str
    host_id: str
    hold_ms: int
    ban_reason: _behavior_pb2.BanReason
    def __init__(self, disruption: _Optional[_Union[Disruption, str]] = ..., phone: _Optional[str] = ..., host_id: _Optional[str] = ..., hold_ms: _Optional[int] = ..., ban_reason: _Optional[_Union[_behavior_pb2.BanReason, str]] = ...) -> None: ...

class DisruptResponse(_message.Message):
    __slots__ = ("ended_count",)
    ENDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ended_count: int
    def __init__(self, ended_count: _Optional[int] = ...) -> None: ...

class GetStatsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Stats(_message.Message):
    __slots__ = ("received_count", "accepted_count", "repeated_count", "refused_counts", "lost_count", "connection_count", "session_counts", "ledger_seq", "delivered_count", "read_count", "waiting_receipt_count", "traced_count")
    class RefusedCountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class SessionCountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    RECEIVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REPEATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REFUSED_COUNTS_FIELD_NUMBER: _ClassVar[int]
    LOST_COUNT_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_COUNT_FIELD_NUMBER: _ClassVar[int]
    SESSION_COUNTS_FIELD_NUMBER: _ClassVar[int]
    LEDGER_SEQ_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_COUNT_FIELD_NUMBER: _ClassVar[int]
    READ_COUNT_FIELD_NUMBER: _ClassVar[int]
    WAITING_RECEIPT_COUNT_FIELD_NUMBER: _ClassVar[int]
    TRACED_COUNT_FIELD_NUMBER: _ClassVar[int]
    received_count: int
    accepted_count: int
    repeated_count: int
    refused_counts: _containers.ScalarMap[str, int]
    lost_count: int
    connection_count: int
    session_counts: _containers.ScalarMap[str, int]
    ledger_seq: int
    delivered_count: int
    read_count: int
    waiting_receipt_count: int
    traced_count: int
    def __init__(self, received_count: _Optional[int] = ..., accepted_count: _Optional[int] = ..., repeated_count: _Optional[int] = ..., refused_counts: _Optional[_Mapping[str, int]] = ..., lost_count: _Optional[int] = ..., connection_count: _Optional[int] = ..., session_counts: _Optional[_Mapping[str, int]] = ..., ledger_seq: _Optional[int] = ..., delivered_count: _Optional[int] = ..., read_count: _Optional[int] = ..., waiting_receipt_count: _Optional[int] = ..., traced_count: _Optional[int] = ...) -> None: ...

class ListLedgerRequest(_message.Message):
    __slots__ = ("after_seq",)
    AFTER_SEQ_FIELD_NUMBER: _ClassVar[int]
    after_seq: int
    def __init__(self, after_seq: _Optional[int] = ...) -> None: ...

class ListLedgerResponse(_message.Message):
    __slots__ = ("entries",)
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[LedgerEntry]
    def __init__(self, entries: _Optional[_Iterable[_Union[LedgerEntry, _Mapping]]] = ...) -> None: ...

class LedgerEntry(_message.Message):
    __slots__ = ("seq", "time", "mono", "device", "connection", "epoch", "host", "recipient", "wire_id", "text_hash", "repeat")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    MONO_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    WIRE_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_HASH_FIELD_NUMBER: _ClassVar[int]
    REPEAT_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time: float
    mono: float
    device: str
    connection: int
    epoch: int
    host: str
    recipient: str
    wire_id: str
    text_hash: str
    repeat: bool
    def __init__(self, seq: _Optional[int] = ..., time: _Optional[float] = ..., mono: _Optional[float] = ..., device: _Optional[str] = ..., connection: _Optional[int] = ..., epoch: _Optional[int] = ..., host: _Optional[str] = ..., recipient: _Optional[str] = ..., wire_id: _Optional[str] = ..., text_hash: _Optional[str] = ..., repeat: _Optional[bool] = ...) -> None: ...

class ListReceiptsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListReceiptsResponse(_message.Message):
    __slots__ = ("entries",)
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[ReceiptEntry]
    def __init__(self, entries: _Optional[_Iterable[_Union[ReceiptEntry, _Mapping]]] = ...) -> None: ...

class ReceiptEntry(_message.Message):
    __slots__ = ("device", "wire_id", "read", "time")
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    WIRE_ID_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    device: str
    wire_id: str
    read: bool
    time: float
    def __init__(self, device: _Optional[str] = ..., wire_id: _Optional[str] = ..., read: _Optional[bool] = ..., time: _Optional[float] = ...) -> None: ...
