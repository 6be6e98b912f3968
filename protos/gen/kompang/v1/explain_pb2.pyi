import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Guard(_message.Message):
    __slots__ = ("type", "verdict", "detail", "pass_time")
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        TYPE_UNSPECIFIED: _ClassVar[Guard.Type]
        TYPE_STATE: _ClassVar[Guard.Type]
        TYPE_HOST: _ClassVar[Guard.Type]
        TYPE_IN_FLIGHT: _ClassVar[Guard.Type]
        TYPE_ORDER: _ClassVar[Guard.Type]
        TYPE_SUPPRESSION: _ClassVar[Guard.Type]
        TYPE_ENROLLMENT: _ClassVar[Guard.Type]
        TYPE_CAMPAIGN: _ClassVar[Guard.Type]
        TYPE_DEVICE: _ClassVar[Guard.Type]
        TYPE_DUE: _ClassVar[Guard.Type]
        TYPE_DEFERRAL: _ClassVar[Guard.Type]
        TYPE_DEVICE_CAP: _ClassVar[Guard.Type]
        TYPE_QUIET_HOURS: _ClassVar[Guard.Type]
        TYPE_FREQUENCY_CAP: _ClassVar[Guard.Type]
        TYPE_PACING: _ClassVar[Guard.Type]
        TYPE_CONSENT: _ClassVar[Guard.Type]
        TYPE_LATENESS: _ClassVar[Guard.Type]
        TYPE_RESTORE: _ClassVar[Guard.Type]
        TYPE_FIRST_CONTACT: _ClassVar[Guard.Type]
    TYPE_UNSPECIFIED: Guard.Type
    TYPE_STATE: Guard.Type
    TYPE_HOST: Guard.Type
    TYPE_IN_FLIGHT: Guard.Type
    TYPE_ORDER: Guard.Type
    TYPE_SUPPRESSION: Guard.Type
    TYPE_ENROLLMENT: Guard.Type
    TYPE_CAMPAIGN: Guard.Type
    TYPE_DEVICE: Guard.Type
    TYPE_DUE: Guard.Type
    TYPE_DEFERRAL: Guard.Type
    TYPE_DEVICE_CAP: Guard.Type
    TYPE_QUIET_HOURS: Guard.Type
    TYPE_FREQUENCY_CAP: Guard.Type
    TYPE_PACING: Guard.Type
    TYPE_CONSENT: Guard.Type
    TYPE_LATENESS: Guard.Type
    TYPE_RESTORE: Guard.Type
    TYPE_FIRST_CONTACT: Guard.Type
    class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        VERDICT_UNSPECIFIED: _ClassVar[Guard.Verdict]
        VERDICT_PASSES: _ClassVar[Guard.Verdict]
        VERDICT_BLOCKS: _ClassVar[Guard.Verdict]
        VERDICT_UNKNOWN: _ClassVar[Guard.Verdict]
    VERDICT_UNSPECIFIED: Guard.Verdict
    VERDICT_PASSES: Guard.Verdict
    VERDICT_BLOCKS: Guard.Verdict
    VERDICT_UNKNOWN: Guard.Verdict
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    PASS_TIME_FIELD_NUMBER: _ClassVar[int]
    type: Guard.Type
    verdict: Guard.Verdict
    detail: str
    pass_time: _timestamp_pb2.Timestamp
    def __init__(self, type: _Optional[_Union[Guard.Type, str]] = ..., verdict: _Optional[_Union[Guard.Verdict, str]] = ..., detail: _Optional[str] = ..., pass_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class MessageExplanation(_message.Message):
    __slots__ = ("message", "summary", "guards", "pass_time")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    GUARDS_FIELD_NUMBER: _ClassVar[int]
    PASS_TIME_FIELD_NUMBER: _ClassVar[int]
    message: str
    summary: str
    guards: _containers.RepeatedCompositeFieldContainer[Guard]
    pass_time: _timestamp_pb2.Timestamp
    def __init__(self, message: _Optional[str] = ..., summary: _Optional[str] = ..., guards: _Optional[_Iterable[_Union[Guard, _Mapping]]] = ..., pass_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LeadExplanation(_message.Message):
    __slots__ = ("lead", "guards", "next")
    LEAD_FIELD_NUMBER: _ClassVar[int]
    GUARDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    lead: str
    guards: _containers.RepeatedCompositeFieldContainer[Guard]
    next: MessageExplanation
    def __init__(self, lead: _Optional[str] = ..., guards: _Optional[_Iterable[_Union[Guard, _Mapping]]] = ..., next: _Optional[_Union[MessageExplanation, _Mapping]] = ...) -> None: ...
