import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from kompang.v1 import devices_pb2 as _devices_pb2
from kompang.v1 import messages_pb2 as _messages_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WatchEventsRequest(_message.Message):
    __slots__ = ("resume_token", "types")
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    types: _containers.RepeatedScalarFieldContainer[Event.Type]
    def __init__(self, resume_token: _Optional[str] = ..., types: _Optional[_Iterable[_Union[Event.Type, str]]] = ...) -> None: ...

class WatchEventsResponse(_message.Message):
    __slots__ = ("events", "resume_token")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[Event]
    resume_token: str
    def __init__(self, events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("type", "event_time", "message", "lead", "device", "message_state", "device_state", "reason", "sequence", "ban_reason")
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        TYPE_UNSPECIFIED: _ClassVar[Event.Type]
        TYPE_MESSAGE_CHANGED: _ClassVar[Event.Type]
        TYPE_DEVICE_CHANGED: _ClassVar[Event.Type]
        TYPE_LEAD_ENROLLED: _ClassVar[Event.Type]
        TYPE_LEAD_SUPPRESSED: _ClassVar[Event.Type]
        TYPE_LEAD_REPLIED: _ClassVar[Event.Type]
        TYPE_LEAD_RESTORED: _ClassVar[Event.Type]
        TYPE_LEAD_DOUBTED: _ClassVar[Event.Type]
        TYPE_LEAD_IDENTIFIED: _ClassVar[Event.Type]
    TYPE_UNSPECIFIED: Event.Type
    TYPE_MESSAGE_CHANGED: Event.Type
    TYPE_DEVICE_CHANGED: Event.Type
    TYPE_LEAD_ENROLLED: Event.Type
    TYPE_LEAD_SUPPRESSED: Event.Type
    TYPE_LEAD_REPLIED: Event.Type
    TYPE_LEAD_RESTORED: Event.Type
    TYPE_LEAD_DOUBTED: Event.Type
    TYPE_LEAD_IDENTIFIED: Event.Type
    TYPE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    LEAD_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_STATE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    BAN_REASON_FIELD_NUMBER: _ClassVar[int]
    type: Event.Type
    event_time: _timestamp_pb2.Timestamp
    message: str
    lead: str
    device: str
    message_state: _messages_pb2.Message.State
    device_state: _devices_pb2.Device.State
    reason: str
    sequence: str
    ban_reason: _devices_pb2.Device.BanReason
    def __init__(self, type: _Optional[_Union[Event.Type, str]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., message: _Optional[str] = ..., lead: _Optional[str] = ..., device: _Optional[str] = ..., message_state: _Optional[_Union[_messages_pb2.Message.State, str]] = ..., device_state: _Optional[_Union[_devices_pb2.Device.State, str]] = ..., reason: _Optional[str] = ..., sequence: _Optional[str] = ..., ban_reason: _Optional[_Union[_devices_pb2.Device.BanReason, str]] = ...) -> None: ...
