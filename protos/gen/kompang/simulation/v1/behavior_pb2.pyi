from buf.validate import validate_pb2 as _validate_pb2
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

class Behavior(_message.Message):
    __slots__ = ("seed", "conduct", "devices", "recipients", "absent_recipients", "absent_fraction", "identities")
    class DevicesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Conduct
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Conduct, _Mapping]] = ...) -> None: ...
    class RecipientsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Conduct
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Conduct, _Mapping]] = ...) -> None: ...
    SEED_FIELD_NUMBER: _ClassVar[int]
    CONDUCT_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    ABSENT_RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    ABSENT_FRACTION_FIELD_NUMBER: _ClassVar[int]
    IDENTITIES_FIELD_NUMBER: _ClassVar[int]
    seed: int
    conduct: Conduct
    devices: _containers.MessageMap[str, Conduct]
    recipients: _containers.MessageMap[str, Conduct]
    absent_recipients: _containers.RepeatedScalarFieldContainer[str]
    absent_fraction: float
    identities: Identities
    def __init__(self, seed: _Optional[int] = ..., conduct: _Optional[_Union[Conduct, _Mapping]] = ..., devices: _Optional[_Mapping[str, Conduct]] = ..., recipients: _Optional[_Mapping[str, Conduct]] = ..., absent_recipients: _Optional[_Iterable[str]] = ..., absent_fraction: _Optional[float] = ..., identities: _Optional[_Union[Identities, _Mapping]] = ...) -> None: ...

class Identities(_message.Message):
    __slots__ = ("told", "late", "changed", "numbers")
    class NumbersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    TOLD_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    told: float
    late: float
    changed: float
    numbers: _containers.ScalarMap[str, str]
    def __init__(self, told: _Optional[float] = ..., late: _Optional[float] = ..., changed: _Optional[float] = ..., numbers: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Conduct(_message.Message):
    __slots__ = ("accept_latency", "ack_latency", "open_latency", "refusals", "lost_send", "lost_ack", "receipts", "new_chats", "open_refusal", "traces", "look_up_latency")
    ACCEPT_LATENCY_FIELD_NUMBER: _ClassVar[int]
    ACK_LATENCY_FIELD_NUMBER: _ClassVar[int]
    OPEN_LATENCY_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    LOST_SEND_FIELD_NUMBER: _ClassVar[int]
    LOST_ACK_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    NEW_CHATS_FIELD_NUMBER: _ClassVar[int]
    OPEN_REFUSAL_FIELD_NUMBER: _ClassVar[int]
    TRACES_FIELD_NUMBER: _ClassVar[int]
    LOOK_UP_LATENCY_FIELD_NUMBER: _ClassVar[int]
    accept_latency: Latency
    ack_latency: Latency
    open_latency: Latency
    refusals: _containers.RepeatedCompositeFieldContainer[Chance]
    lost_send: float
    lost_ack: float
    receipts: Receipts
    new_chats: NewChats
    open_refusal: OpenRefusal
    traces: Traces
    look_up_latency: Latency
    def __init__(self, accept_latency: _Optional[_Union[Latency, _Mapping]] = ..., ack_latency: _Optional[_Union[Latency, _Mapping]] = ..., open_latency: _Optional[_Union[Latency, _Mapping]] = ..., refusals: _Optional[_Iterable[_Union[Chance, _Mapping]]] = ..., lost_send: _Optional[float] = ..., lost_ack: _Optional[float] = ..., receipts: _Optional[_Union[Receipts, _Mapping]] = ..., new_chats: _Optional[_Union[NewChats, _Mapping]] = ..., open_refusal: _Optional[_Union[OpenRefusal, _Mapping]] = ..., traces: _Optional[_Union[Traces, _Mapping]] = ..., look_up_latency: _Optional[_Union[Latency, _Mapping]] = ...) -> None: ...

class OpenRefusal(_message.Message):
    __slots__ = ("failure", "hold_ms", "ban_reason")
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    HOLD_MS_FIELD_NUMBER: _ClassVar[int]
    BAN_REASON_FIELD_NUMBER: _ClassVar[int]
    failure: Failure
    hold_ms: int
    ban_reason: BanReason
    def __init__(self, failure: _Optional[_Union[Failure, str]] = ..., hold_ms: _Optional[int] = ..., ban_reason: _Optional[_Union[BanReason, str]] = ...) -> None: ...

class Traces(_message.Message):
    __slots__ = ("latency", "unclear", "lost")
    LATENCY_FIELD_NUMBER: _ClassVar[int]
    UNCLEAR_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    latency: Latency
    unclear: float
    lost: float
    def __init__(self, latency: _Optional[_Union[Latency, _Mapping]] = ..., unclear: _Optional[float] = ..., lost: _Optional[float] = ...) -> None: ...

class NewChats(_message.Message):
    __slots__ = ("most", "window_ms", "hold_ms")
    MOST_FIELD_NUMBER: _ClassVar[int]
    WINDOW_MS_FIELD_NUMBER: _ClassVar[int]
    HOLD_MS_FIELD_NUMBER: _ClassVar[int]
    most: int
    window_ms: int
    hold_ms: int
    def __init__(self, most: _Optional[int] = ..., window_ms: _Optional[int] = ..., hold_ms: _Optional[int] = ...) -> None: ...

class Receipts(_message.Message):
    __slots__ = ("delivered", "read", "delivered_latency", "read_latency", "twice", "read_first", "early")
    DELIVERED_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_LATENCY_FIELD_NUMBER: _ClassVar[int]
    READ_LATENCY_FIELD_NUMBER: _ClassVar[int]
    TWICE_FIELD_NUMBER: _ClassVar[int]
    READ_FIRST_FIELD_NUMBER: _ClassVar[int]
    EARLY_FIELD_NUMBER: _ClassVar[int]
    delivered: float
    read: float
    delivered_latency: Latency
    read_latency: Latency
    twice: float
    read_first: float
    early: float
    def __init__(self, delivered: _Optional[float] = ..., read: _Optional[float] = ..., delivered_latency: _Optional[_Union[Latency, _Mapping]] = ..., read_latency: _Optional[_Union[Latency, _Mapping]] = ..., twice: _Optional[float] = ..., read_first: _Optional[float] = ..., early: _Optional[float] = ...) -> None: ...

class Chance(_message.Message):
    __slots__ = ("failure", "probability", "hold_ms", "ban_reason")
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    HOLD_MS_FIELD_NUMBER: _ClassVar[int]
    BAN_REASON_FIELD_NUMBER: _ClassVar[int]
    failure: Failure
    probability: float
    hold_ms: int
    ban_reason: BanReason
    def __init__(self, failure: _Optional[_Union[Failure, str]] = ..., probability: _Optional[float] = ..., hold_ms: _Optional[int] = ..., ban_reason: _Optional[_Union[BanReason, str]] = ...) -> None: ...

class Latency(_message.Message):
    __slots__ = ("fixed", "uniform", "lognormal")
    FIXED_FIELD_NUMBER: _ClassVar[int]
    UNIFORM_FIELD_NUMBER: _ClassVar[int]
    LOGNORMAL_FIELD_NUMBER: _ClassVar[int]
    fixed: FixedLatency
    uniform: UniformLatency
    lognormal: LognormalLatency
    def __init__(self, fixed: _Optional[_Union[FixedLatency, _Mapping]] = ..., uniform: _Optional[_Union[UniformLatency, _Mapping]] = ..., lognormal: _Optional[_Union[LognormalLatency, _Mapping]] = ...) -> None: ...

class FixedLatency(_message.Message):
    __slots__ = ("ms",)
    MS_FIELD_NUMBER: _ClassVar[int]
    ms: float
    def __init__(self, ms: _Optional[float] = ...) -> None: ...

class UniformLatency(_message.Message):
    __slots__ = ("low_ms", "high_ms")
    LOW_MS_FIELD_NUMBER: _ClassVar[int]
    HIGH_MS_FIELD_NUMBER: _ClassVar[int]
    low_ms: float
    high_ms: float
    def __init__(self, low_ms: _Optional[float] = ..., high_ms: _Optional[float] = ...) -> None: ...

class LognormalLatency(_message.Message):
    __slots__ = ("median_ms", "sigma", "cap_ms")
    MEDIAN_MS_FIELD_NUMBER: _ClassVar[int]
    SIGMA_FIELD_NUMBER: _ClassVar[int]
    CAP_MS_FIELD_NUMBER: _ClassVar[int]
    median_ms: float
    sigma: float
    cap_ms: float
    def __init__(self, median_ms: _Optional[float] = ..., sigma: _Optional[float] = ..., cap_ms: _Optional[float] = ...) -> None: ...
