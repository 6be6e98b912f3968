from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Failure(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FAILURE_UNSPECIFIED: _ClassVar[Failure]
    FAILURE_TRANSIENT: _ClassVar[Failure]
    FAILURE_RATE_LIMITED: _ClassVar[Failure]
    FAILURE_TEMPORARY_BAN: _ClassVar[Failure]
    FAILURE_REACH_OUT_LIMIT: _ClassVar[Failure]
    FAILURE_LOGGED_OUT: _ClassVar[Failure]
    FAILURE_BANNED: _ClassVar[Failure]
    FAILURE_REPLACED: _ClassVar[Failure]
    FAILURE_NOT_ON_WHATSAPP: _ClassVar[Failure]
    FAILURE_INVALID_MESSAGE: _ClassVar[Failure]
    FAILURE_RENDER: _ClassVar[Failure]
    FAILURE_CLIENT_OUTDATED: _ClassVar[Failure]
    FAILURE_NOT_PAIRED: _ClassVar[Failure]
    FAILURE_LOCKED: _ClassVar[Failure]
    FAILURE_PUMP_LOST: _ClassVar[Failure]

class BanReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BAN_REASON_UNSPECIFIED: _ClassVar[BanReason]
    BAN_REASON_SENT_TO_TOO_MANY_PEOPLE: _ClassVar[BanReason]
    BAN_REASON_BLOCKED_BY_USERS: _ClassVar[BanReason]
    BAN_REASON_CREATED_TOO_MANY_GROUPS: _ClassVar[BanReason]
    BAN_REASON_SENT_TOO_MANY_SAME_MESSAGE: _ClassVar[BanReason]
    BAN_REASON_BROADCAST_LIST: _ClassVar[BanReason]
    BAN_REASON_OTHER: _ClassVar[BanReason]
FAILURE_UNSPECIFIED: Failure
FAILURE_TRANSIENT: Failure
FAILURE_RATE_LIMITED: Failure
FAILURE_TEMPORARY_BAN: Failure
FAILURE_REACH_OUT_LIMIT: Failure
FAILURE_LOGGED_OUT: Failure
FAILURE_BANNED: Failure
FAILURE_REPLACED: Failure
FAILURE_NOT_ON_WHATSAPP: Failure
FAILURE_INVALID_MESSAGE: Failure
FAILURE_RENDER: Failure
FAILURE_CLIENT_OUTDATED: Failure
FAILURE_NOT_PAIRED: Failure
FAILURE_LOCKED: Failure
FAILURE_PUMP_LOST: Failure
BAN_REASON_UNSPECIFIED: BanReason
BAN_REASON_SENT_TO_TOO_MANY_PEOPLE: BanReason
BAN_REASON_BLOCKED_BY_USERS: BanReason
BAN_REASON_CREATED_TOO_MANY_GROUPS: BanReason
BAN_REASON_SENT_TOO_MANY_SAME_MESSAGE: BanReason
BAN_REASON_BROADCAST_LIST: BanReason
BAN_REASON_OTHER: BanReason

class AttachRequest(_message.Message):
    __slots__ = ("hello", "renew", "claims", "releases", "ready", "outcomes", "device_events", "inbound", "receipts")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    RENEW_FIELD_NUMBER: _ClassVar[int]
    CLAIMS_FIELD_NUMBER: _ClassVar[int]
    RELEASES_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    DEVICE_EVENTS_FIELD_NUMBER: _ClassVar[int]
    INBOUND_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    hello: Hello
    renew: Renew
    claims: ClaimFrame
    releases: ReleaseFrame
    ready: ReadyFrame
    outcomes: OutcomeFrame
    device_events: DeviceEventFrame
    inbound: InboundFrame
    receipts: ReceiptFrame
    def __init__(self, hello: _Optional[_Union[Hello, _Mapping]] = ..., renew: _Optional[_Union[Renew, _Mapping]] = ..., claims: _Optional[_Union[ClaimFrame, _Mapping]] = ..., releases: _Optional[_Union[ReleaseFrame, _Mapping]] = ..., ready: _Optional[_Union[ReadyFrame, _Mapping]] = ..., outcomes: _Optional[_Union[OutcomeFrame, _Mapping]] = ..., device_events: _Optional[_Union[DeviceEventFrame, _Mapping]] = ..., inbound: _Optional[_Union[InboundFrame, _Mapping]] = ..., receipts: _Optional[_Union[ReceiptFrame, _Mapping]] = ...) -> None: ...

class AttachResponse(_message.Message):
    __slots__ = ("welcome", "renewed", "leases", "devices", "messages", "outcome_ack", "revoke", "drain", "inbound_ack", "receipt_ack")
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    RENEWED_FIELD_NUMBER: _ClassVar[int]
    LEASES_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_ACK_FIELD_NUMBER: _ClassVar[int]
    REVOKE_FIELD_NUMBER: _ClassVar[int]
    DRAIN_FIELD_NUMBER: _ClassVar[int]
    INBOUND_ACK_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_ACK_FIELD_NUMBER: _ClassVar[int]
    welcome: Welcome
    renewed: Renewed
    leases: LeaseFrame
    devices: DeviceFrame
    messages: MessageFrame
    outcome_ack: OutcomeAck
    revoke: Revoke
    drain: Drain
    inbound_ack: InboundAck
    receipt_ack: ReceiptAck
    def __init__(self, welcome: _Optional[_Union[Welcome, _Mapping]] = ..., renewed: _Optional[_Union[Renewed, _Mapping]] = ..., leases: _Optional[_Union[LeaseFrame, _Mapping]] = ..., devices: _Optional[_Union[DeviceFrame, _Mapping]] = ..., messages: _Optional[_Union[MessageFrame, _Mapping]] = ..., outcome_ack: _Optional[_Union[OutcomeAck, _Mapping]] = ..., revoke: _Optional[_Union[Revoke, _Mapping]] = ..., drain: _Optional[_Union[Drain, _Mapping]] = ..., inbound_ack: _Optional[_Union[InboundAck, _Mapping]] = ..., receipt_ack: _Optional[_Union[ReceiptAck, _Mapping]] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("host_id", "incarnation", "consul_session", "clients")
    class ClientsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    HOST_ID_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    CONSUL_SESSION_FIELD_NUMBER: _ClassVar[int]
    CLIENTS_FIELD_NUMBER: _ClassVar[int]
    host_id: str
    incarnation: str
    consul_session: str
    clients: _containers.ScalarMap[str, str]
    def __init__(self, host_id: _Optional[str] = ..., incarnation: _Optional[str] = ..., consul_session: _Optional[str] = ..., clients: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Welcome(_message.Message):
    __slots__ = ("dispatch_id", "shard_count", "term_ms", "text_key")
    DISPATCH_ID_FIELD_NUMBER: _ClassVar[int]
    SHARD_COUNT_FIELD_NUMBER: _ClassVar[int]
    TERM_MS_FIELD_NUMBER: _ClassVar[int]
    TEXT_KEY_FIELD_NUMBER: _ClassVar[int]
    dispatch_id: str
    shard_count: int
    term_ms: int
    text_key: bytes
    def __init__(self, dispatch_id: _Optional[str] = ..., shard_count: _Optional[int] = ..., term_ms: _Optional[int] = ..., text_key: _Optional[bytes] = ...) -> None: ...

class Renew(_message.Message):
    __slots__ = ("renew_id",)
    RENEW_ID_FIELD_NUMBER: _ClassVar[int]
    renew_id: int
    def __init__(self, renew_id: _Optional[int] = ...) -> None: ...

class Renewed(_message.Message):
    __slots__ = ("renew_id",)
    RENEW_ID_FIELD_NUMBER: _ClassVar[int]
    renew_id: int
    def __init__(self, renew_id: _Optional[int] = ...) -> None: ...

class ClaimFrame(_message.Message):
    __slots__ = ("claims",)
    CLAIMS_FIELD_NUMBER: _ClassVar[int]
    claims: _containers.RepeatedCompositeFieldContainer[ShardClaim]
    def __init__(self, claims: _Optional[_Iterable[_Union[ShardClaim, _Mapping]]] = ...) -> None: ...

class ShardClaim(_message.Message):
    __slots__ = ("shard", "epoch")
    SHARD_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    shard: int
    epoch: int
    def __init__(self, shard: _Optional[int] = ..., epoch: _Optional[int] = ...) -> None: ...

class ReleaseFrame(_message.Message):
    __slots__ = ("claims",)
    CLAIMS_FIELD_NUMBER: _ClassVar[int]
    claims: _containers.RepeatedCompositeFieldContainer[ShardClaim]
    def __init__(self, claims: _Optional[_Iterable[_Union[ShardClaim, _Mapping]]] = ...) -> None: ...

class LeaseFrame(_message.Message):
    __slots__ = ("leases",)
    LEASES_FIELD_NUMBER: _ClassVar[int]
    leases: _containers.RepeatedCompositeFieldContainer[Lease]
    def __init__(self, leases: _Optional[_Iterable[_Union[Lease, _Mapping]]] = ...) -> None: ...

class Lease(_message.Message):
    __slots__ = ("shard", "epoch", "status", "retry_after_ms", "reason")
    class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATUS_UNSPECIFIED: _ClassVar[Lease.Status]
        STATUS_GRANTED: _ClassVar[Lease.Status]
        STATUS_HELD: _ClassVar[Lease.Status]
        STATUS_STALE: _ClassVar[Lease.Status]
        STATUS_RELEASED: _ClassVar[Lease.Status]
    STATUS_UNSPECIFIED: Lease.Status
    STATUS_GRANTED: Lease.Status
    STATUS_HELD: Lease.Status
    STATUS_STALE: Lease.Status
    STATUS_RELEASED: Lease.Status
    SHARD_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    shard: int
    epoch: int
    status: Lease.Status
    retry_after_ms: int
    reason: str
    def __init__(self, shard: _Optional[int] = ..., epoch: _Optional[int] = ..., status: _Optional[_Union[Lease.Status, str]] = ..., retry_after_ms: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class DeviceFrame(_message.Message):
    __slots__ = ("devices",)
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    devices: _containers.RepeatedCompositeFieldContainer[Device]
    def __init__(self, devices: _Optional[_Iterable[_Union[Device, _Mapping]]] = ...) -> None: ...

class Device(_message.Message):
    __slots__ = ("device_id", "shard", "transport", "phone", "connect", "proxy", "jid")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    SHARD_FIELD_NUMBER: _ClassVar[int]
    TRANSPORT_FIELD_NUMBER: _ClassVar[int]
    PHONE_FIELD_NUMBER: _ClassVar[int]
    CONNECT_FIELD_NUMBER: _ClassVar[int]
    PROXY_FIELD_NUMBER: _ClassVar[int]
    JID_FIELD_NUMBER: _ClassVar[int]
    device_id: int
    shard: int
    transport: str
    phone: str
    connect: bool
    proxy: str
    jid: str
    def __init__(self, device_id: _Optional[int] = ..., shard: _Optional[int] = ..., transport: _Optional[str] = ..., phone: _Optional[str] = ..., connect: _Optional[bool] = ..., proxy: _Optional[str] = ..., jid: _Optional[str] = ...) -> None: ...

class MessageFrame(_message.Message):
    __slots__ = ("templates", "messages", "wordings")
    TEMPLATES_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    WORDINGS_FIELD_NUMBER: _ClassVar[int]
    templates: _containers.RepeatedCompositeFieldContainer[Template]
    messages: _containers.RepeatedCompositeFieldContainer[OutgoingMessage]
    wordings: _containers.RepeatedCompositeFieldContainer[Wording]
    def __init__(self, templates: _Optional[_Iterable[_Union[Template, _Mapping]]] = ..., messages: _Optional[_Iterable[_Union[OutgoingMessage, _Mapping]]] = ..., wordings: _Optional[_Iterable[_Union[Wording, _Mapping]]] = ...) -> None: ...

class Template(_message.Message):
    __slots__ = ("template_id", "text", "greetings", "variation")
    TEMPLATE_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    GREETINGS_FIELD_NUMBER: _ClassVar[int]
    VARIATION_FIELD_NUMBER: _ClassVar[int]
    template_id: int
    text: str
    greetings: Greetings
    variation: str
    def __init__(self, template_id: _Optional[int] = ..., text: _Optional[str] = ..., greetings: _Optional[_Union[Greetings, _Mapping]] = ..., variation: _Optional[str] = ...) -> None: ...

class Greetings(_message.Message):
    __slots__ = ("greetings",)
    GREETINGS_FIELD_NUMBER: _ClassVar[int]
    greetings: _containers.RepeatedCompositeFieldContainer[Greeting]
    def __init__(self, greetings: _Optional[_Iterable[_Union[Greeting, _Mapping]]] = ...) -> None: ...

class Greeting(_message.Message):
    __slots__ = ("text", "weight", "language", "period")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    text: str
    weight: int
    language: str
    period: str
    def __init__(self, text: _Optional[str] = ..., weight: _Optional[int] = ..., language: _Optional[str] = ..., period: _Optional[str] = ...) -> None: ...

class Wording(_message.Message):
    __slots__ = ("wording_id", "greetings", "fallback", "footer", "variation")
    WORDING_ID_FIELD_NUMBER: _ClassVar[int]
    GREETINGS_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    FOOTER_FIELD_NUMBER: _ClassVar[int]
    VARIATION_FIELD_NUMBER: _ClassVar[int]
    wording_id: int
    greetings: _containers.RepeatedCompositeFieldContainer[Greeting]
    fallback: str
    footer: str
    variation: Variation
    def __init__(self, wording_id: _Optional[int] = ..., greetings: _Optional[_Iterable[_Union[Greeting, _Mapping]]] = ..., fallback: _Optional[str] = ..., footer: _Optional[str] = ..., variation: _Optional[_Union[Variation, _Mapping]] = ...) -> None: ...

class Variation(_message.Message):
    __slots__ = ("level", "full_stop", "comma", "space", "greeting_case")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    FULL_STOP_FIELD_NUMBER: _ClassVar[int]
    COMMA_FIELD_NUMBER: _ClassVar[int]
    SPACE_FIELD_NUMBER: _ClassVar[int]
    GREETING_CASE_FIELD_NUMBER: _ClassVar[int]
    level: str
    full_stop: float
    comma: float
    space: float
    greeting_case: float
    def __init__(self, level: _Optional[str] = ..., full_stop: _Optional[float] = ..., comma: _Optional[float] = ..., space: _Optional[float] = ..., greeting_case: _Optional[float] = ...) -> None: ...

class OutgoingMessage(_message.Message):
    __slots__ = ("message_id", "scheduled_at_us", "device_id", "epoch", "template_id", "recipient", "name", "attributes", "wire_id", "wait_ms", "repeat", "traceparent", "wording_id", "language", "local_minute", "lid", "is_first_contact", "trace_only", "attempt")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_AT_US_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    WIRE_ID_FIELD_NUMBER: _ClassVar[int]
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    REPEAT_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    WORDING_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LOCAL_MINUTE_FIELD_NUMBER: _ClassVar[int]
    LID_FIELD_NUMBER: _ClassVar[int]
    IS_FIRST_CONTACT_FIELD_NUMBER: _ClassVar[int]
    TRACE_ONLY_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    message_id: int
    scheduled_at_us: int
    device_id: int
    epoch: int
    template_id: int
    recipient: str
    name: str
    attributes: _containers.ScalarMap[str, str]
    wire_id: str
    wait_ms: int
    repeat: bool
    traceparent: str
    wording_id: int
    language: str
    local_minute: int
    lid: str
    is_first_contact: bool
    trace_only: bool
    attempt: int
    def __init__(self, message_id: _Optional[int] = ..., scheduled_at_us: _Optional[int] = ..., device_id: _Optional[int] = ..., epoch: _Optional[int] = ..., template_id: _Optional[int] = ..., recipient: _Optional[str] = ..., name: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ..., wire_id: _Optional[str] = ..., wait_ms: _Optional[int] = ..., repeat: _Optional[bool] = ..., traceparent: _Optional[str] = ..., wording_id: _Optional[int] = ..., language: _Optional[str] = ..., local_minute: _Optional[int] = ..., lid: _Optional[str] = ..., is_first_contact: _Optional[bool] = ..., trace_only: _Optional[bool] = ..., attempt: _Optional[int] = ...) -> None: ...

class OutcomeFrame(_message.Message):
    __slots__ = ("frame_id", "outcomes")
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    frame_id: int
    outcomes: _containers.RepeatedCompositeFieldContainer[Outcome]
    def __init__(self, frame_id: _Optional[int] = ..., outcomes: _Optional[_Iterable[_Union[Outcome, _Mapping]]] = ...) -> None: ...

class OutcomeAck(_message.Message):
    __slots__ = ("frame_id",)
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    frame_id: int
    def __init__(self, frame_id: _Optional[int] = ...) -> None: ...

class Outcome(_message.Message):
    __slots__ = ("message_id", "scheduled_at_us", "device_id", "epoch", "result", "failure", "hold_s", "text_hash", "age_ms", "ready", "traceparent", "lid", "known_as", "ban_reason", "attempt")
    class Result(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        RESULT_UNSPECIFIED: _ClassVar[Outcome.Result]
        RESULT_SENT: _ClassVar[Outcome.Result]
        RESULT_REFUSED: _ClassVar[Outcome.Result]
        RESULT_NOT_SENT: _ClassVar[Outcome.Result]
        RESULT_AMBIGUOUS: _ClassVar[Outcome.Result]
        RESULT_NEVER_SENT: _ClassVar[Outcome.Result]
    RESULT_UNSPECIFIED: Outcome.Result
    RESULT_SENT: Outcome.Result
    RESULT_REFUSED: Outcome.Result
    RESULT_NOT_SENT: Outcome.Result
    RESULT_AMBIGUOUS: Outcome.Result
    RESULT_NEVER_SENT: Outcome.Result
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_AT_US_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    HOLD_S_FIELD_NUMBER: _ClassVar[int]
    TEXT_HASH_FIELD_NUMBER: _ClassVar[int]
    AGE_MS_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    LID_FIELD_NUMBER: _ClassVar[int]
    KNOWN_AS_FIELD_NUMBER: _ClassVar[int]
    BAN_REASON_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    message_id: int
    scheduled_at_us: int
    device_id: int
    epoch: int
    result: Outcome.Result
    failure: Failure
    hold_s: int
    text_hash: bytes
    age_ms: int
    ready: bool
    traceparent: str
    lid: str
    known_as: str
    ban_reason: BanReason
    attempt: int
    def __init__(self, message_id: _Optional[int] = ..., scheduled_at_us: _Optional[int] = ..., device_id: _Optional[int] = ..., epoch: _Optional[int] = ..., result: _Optional[_Union[Outcome.Result, str]] = ..., failure: _Optional[_Union[Failure, str]] = ..., hold_s: _Optional[int] = ..., text_hash: _Optional[bytes] = ..., age_ms: _Optional[int] = ..., ready: _Optional[bool] = ..., traceparent: _Optional[str] = ..., lid: _Optional[str] = ..., known_as: _Optional[str] = ..., ban_reason: _Optional[_Union[BanReason, str]] = ..., attempt: _Optional[int] = ...) -> None: ...

class ReadyFrame(_message.Message):
    __slots__ = ("device_ids",)
    DEVICE_IDS_FIELD_NUMBER: _ClassVar[int]
    device_ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, device_ids: _Optional[_Iterable[int]] = ...) -> None: ...

class DeviceEventFrame(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[DeviceEvent]
    def __init__(self, events: _Optional[_Iterable[_Union[DeviceEvent, _Mapping]]] = ...) -> None: ...

class DeviceEvent(_message.Message):
    __slots__ = ("device_id", "epoch", "type", "hold_s", "ban_reason", "jid")
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        TYPE_UNSPECIFIED: _ClassVar[DeviceEvent.Type]
        TYPE_CONNECTED: _ClassVar[DeviceEvent.Type]
        TYPE_DISCONNECTED: _ClassVar[DeviceEvent.Type]
        TYPE_REPLACED: _ClassVar[DeviceEvent.Type]
        TYPE_LOGGED_OUT: _ClassVar[DeviceEvent.Type]
        TYPE_BANNED: _ClassVar[DeviceEvent.Type]
        TYPE_TEMPORARY_BAN: _ClassVar[DeviceEvent.Type]
        TYPE_CLIENT_OUTDATED: _ClassVar[DeviceEvent.Type]
        TYPE_NOT_PAIRED: _ClassVar[DeviceEvent.Type]
        TYPE_LOCKED: _ClassVar[DeviceEvent.Type]
        TYPE_PUMP_LOST: _ClassVar[DeviceEvent.Type]
    TYPE_UNSPECIFIED: DeviceEvent.Type
    TYPE_CONNECTED: DeviceEvent.Type
    TYPE_DISCONNECTED: DeviceEvent.Type
    TYPE_REPLACED: DeviceEvent.Type
    TYPE_LOGGED_OUT: DeviceEvent.Type
    TYPE_BANNED: DeviceEvent.Type
    TYPE_TEMPORARY_BAN: DeviceEvent.Type
    TYPE_CLIENT_OUTDATED: DeviceEvent.Type
    TYPE_NOT_PAIRED: DeviceEvent.Type
    TYPE_LOCKED: DeviceEvent.Type
    TYPE_PUMP_LOST: DeviceEvent.Type
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    HOLD_S_FIELD_NUMBER: _ClassVar[int]
    BAN_REASON_FIELD_NUMBER: _ClassVar[int]
    JID_FIELD_NUMBER: _ClassVar[int]
    device_id: int
    epoch: int
    type: DeviceEvent.Type
    hold_s: int
    ban_reason: BanReason
    jid: str
    def __init__(self, device_id: _Optional[int] = ..., epoch: _Optional[int] = ..., type: _Optional[_Union[DeviceEvent.Type, str]] = ..., hold_s: _Optional[int] = ..., ban_reason: _Optional[_Union[BanReason, str]] = ..., jid: _Optional[str] = ...) -> None: ...

class InboundFrame(_message.Message):
    __slots__ = ("frame_id", "inbound")
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    INBOUND_FIELD_NUMBER: _ClassVar[int]
    frame_id: int
    inbound: _containers.RepeatedCompositeFieldContainer[Inbound]
    def __init__(self, frame_id: _Optional[int] = ..., inbound: _Optional[_Iterable[_Union[Inbound, _Mapping]]] = ...) -> None: ...

class Inbound(_message.Message):
    __slots__ = ("device_id", "inbound_id", "sender", "text", "lid")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    INBOUND_ID_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LID_FIELD_NUMBER: _ClassVar[int]
    device_id: int
    inbound_id: str
    sender: str
    text: str
    lid: str
    def __init__(self, device_id: _Optional[int] = ..., inbound_id: _Optional[str] = ..., sender: _Optional[str] = ..., text: _Optional[str] = ..., lid: _Optional[str] = ...) -> None: ...

class InboundAck(_message.Message):
    __slots__ = ("frame_id",)
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    frame_id: int
    def __init__(self, frame_id: _Optional[int] = ...) -> None: ...

class ReceiptFrame(_message.Message):
    __slots__ = ("frame_id", "receipts")
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    frame_id: int
    receipts: _containers.RepeatedCompositeFieldContainer[Receipt]
    def __init__(self, frame_id: _Optional[int] = ..., receipts: _Optional[_Iterable[_Union[Receipt, _Mapping]]] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("device_id", "wire_id", "kind", "at_us")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Receipt.Kind]
        KIND_DELIVERED: _ClassVar[Receipt.Kind]
        KIND_READ: _ClassVar[Receipt.Kind]
    KIND_UNSPECIFIED: Receipt.Kind
    KIND_DELIVERED: Receipt.Kind
    KIND_READ: Receipt.Kind
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    WIRE_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    AT_US_FIELD_NUMBER: _ClassVar[int]
    device_id: int
    wire_id: str
    kind: Receipt.Kind
    at_us: int
    def __init__(self, device_id: _Optional[int] = ..., wire_id: _Optional[str] = ..., kind: _Optional[_Union[Receipt.Kind, str]] = ..., at_us: _Optional[int] = ...) -> None: ...

class ReceiptAck(_message.Message):
    __slots__ = ("frame_id",)
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    frame_id: int
    def __init__(self, frame_id: _Optional[int] = ...) -> None: ...

class Revoke(_message.Message):
    __slots__ = ("shards",)
    SHARDS_FIELD_NUMBER: _ClassVar[int]
    shards: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, shards: _Optional[_Iterable[int]] = ...) -> None: ...

class Drain(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
