import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import field_info_pb2 as _field_info_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from kompang.v1 import explain_pb2 as _explain_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OnUnknown(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ON_UNKNOWN_UNSPECIFIED: _ClassVar[OnUnknown]
    ON_UNKNOWN_HOLD: _ClassVar[OnUnknown]
    ON_UNKNOWN_RESEND: _ClassVar[OnUnknown]
    ON_UNKNOWN_GIVE_UP: _ClassVar[OnUnknown]
ON_UNKNOWN_UNSPECIFIED: OnUnknown
ON_UNKNOWN_HOLD: OnUnknown
ON_UNKNOWN_RESEND: OnUnknown
ON_UNKNOWN_GIVE_UP: OnUnknown

class Message(_message.Message):
    __slots__ = ("name", "state", "reason", "lead", "device", "sequence", "position", "schedule_time", "hand_time", "send_time", "attempt_count", "wire_id", "text_hash", "trace_id", "campaign", "kind")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Message.Kind]
        KIND_STEP: _ClassVar[Message.Kind]
        KIND_CAMPAIGN: _ClassVar[Message.Kind]
        KIND_STOP_CONFIRMATION: _ClassVar[Message.Kind]
    KIND_UNSPECIFIED: Message.Kind
    KIND_STEP: Message.Kind
    KIND_CAMPAIGN: Message.Kind
    KIND_STOP_CONFIRMATION: Message.Kind
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Message.State]
        STATE_PENDING: _ClassVar[Message.State]
        STATE_HANDED: _ClassVar[Message.State]
        STATE_SENT: _ClassVar[Message.State]
        STATE_DELIVERED: _ClassVar[Message.State]
        STATE_READ: _ClassVar[Message.State]
        STATE_FAILED: _ClassVar[Message.State]
        STATE_CANCELLED: _ClassVar[Message.State]
        STATE_SUPPRESSED: _ClassVar[Message.State]
        STATE_EXPIRED: _ClassVar[Message.State]
        STATE_UNKNOWN: _ClassVar[Message.State]
    STATE_UNSPECIFIED: Message.State
    STATE_PENDING: Message.State
    STATE_HANDED: Message.State
    STATE_SENT: Message.State
    STATE_DELIVERED: Message.State
    STATE_READ: Message.State
    STATE_FAILED: Message.State
    STATE_CANCELLED: Message.State
    STATE_SUPPRESSED: Message.State
    STATE_EXPIRED: Message.State
    STATE_UNKNOWN: Message.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    LEAD_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_TIME_FIELD_NUMBER: _ClassVar[int]
    HAND_TIME_FIELD_NUMBER: _ClassVar[int]
    SEND_TIME_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_COUNT_FIELD_NUMBER: _ClassVar[int]
    WIRE_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_HASH_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: Message.State
    reason: str
    lead: str
    device: str
    sequence: str
    position: int
    schedule_time: _timestamp_pb2.Timestamp
    hand_time: _timestamp_pb2.Timestamp
    send_time: _timestamp_pb2.Timestamp
    attempt_count: int
    wire_id: str
    text_hash: str
    trace_id: str
    campaign: str
    kind: Message.Kind
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[Message.State, str]] = ..., reason: _Optional[str] = ..., lead: _Optional[str] = ..., device: _Optional[str] = ..., sequence: _Optional[str] = ..., position: _Optional[int] = ..., schedule_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., hand_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., send_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attempt_count: _Optional[int] = ..., wire_id: _Optional[str] = ..., text_hash: _Optional[str] = ..., trace_id: _Optional[str] = ..., campaign: _Optional[str] = ..., kind: _Optional[_Union[Message.Kind, str]] = ...) -> None: ...

class GetMessageRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListMessagesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "lead", "sequence", "states", "campaign")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LEAD_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    lead: str
    sequence: str
    states: _containers.RepeatedScalarFieldContainer[Message.State]
    campaign: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., lead: _Optional[str] = ..., sequence: _Optional[str] = ..., states: _Optional[_Iterable[_Union[Message.State, str]]] = ..., campaign: _Optional[str] = ...) -> None: ...

class ListMessagesResponse(_message.Message):
    __slots__ = ("messages", "next_page_token", "unreachable")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    UNREACHABLE_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[Message]
    next_page_token: str
    unreachable: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, messages: _Optional[_Iterable[_Union[Message, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., unreachable: _Optional[_Iterable[str]] = ...) -> None: ...

class ResolveMessageRequest(_message.Message):
    __slots__ = ("name", "resolution", "request_id")
    class Resolution(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        RESOLUTION_UNSPECIFIED: _ClassVar[ResolveMessageRequest.Resolution]
        RESOLUTION_SENT: _ClassVar[ResolveMessageRequest.Resolution]
        RESOLUTION_RESEND: _ClassVar[ResolveMessageRequest.Resolution]
        RESOLUTION_GIVE_UP: _ClassVar[ResolveMessageRequest.Resolution]
    RESOLUTION_UNSPECIFIED: ResolveMessageRequest.Resolution
    RESOLUTION_SENT: ResolveMessageRequest.Resolution
    RESOLUTION_RESEND: ResolveMessageRequest.Resolution
    RESOLUTION_GIVE_UP: ResolveMessageRequest.Resolution
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESOLUTION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    resolution: ResolveMessageRequest.Resolution
    request_id: str
    def __init__(self, name: _Optional[str] = ..., resolution: _Optional[_Union[ResolveMessageRequest.Resolution, str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ExplainMessageRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RenderMessageRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RenderMessageResponse(_message.Message):
    __slots__ = ("text", "exactness", "text_hash")
    class Exactness(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        EXACTNESS_UNSPECIFIED: _ClassVar[RenderMessageResponse.Exactness]
        EXACTNESS_EXACT: _ClassVar[RenderMessageResponse.Exactness]
        EXACTNESS_DIFFERS: _ClassVar[RenderMessageResponse.Exactness]
        EXACTNESS_NOT_SENT: _ClassVar[RenderMessageResponse.Exactness]
        EXACTNESS_UNPROVEN: _ClassVar[RenderMessageResponse.Exactness]
    EXACTNESS_UNSPECIFIED: RenderMessageResponse.Exactness
    EXACTNESS_EXACT: RenderMessageResponse.Exactness
    EXACTNESS_DIFFERS: RenderMessageResponse.Exactness
    EXACTNESS_NOT_SENT: RenderMessageResponse.Exactness
    EXACTNESS_UNPROVEN: RenderMessageResponse.Exactness
    TEXT_FIELD_NUMBER: _ClassVar[int]
    EXACTNESS_FIELD_NUMBER: _ClassVar[int]
    TEXT_HASH_FIELD_NUMBER: _ClassVar[int]
    text: str
    exactness: RenderMessageResponse.Exactness
    text_hash: str
    def __init__(self, text: _Optional[str] = ..., exactness: _Optional[_Union[RenderMessageResponse.Exactness, str]] = ..., text_hash: _Optional[str] = ...) -> None: ...
