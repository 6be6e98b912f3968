import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from buf.validate import validate_pb2 as _validate_pb2
from kompang.v1 import campaigns_pb2 as _campaigns_pb2
from kompang.v1 import events_pb2 as _events_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WatchOverviewRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class WatchOverviewResponse(_message.Message):
    __slots__ = ("overview",)
    OVERVIEW_FIELD_NUMBER: _ClassVar[int]
    overview: Overview
    def __init__(self, overview: _Optional[_Union[Overview, _Mapping]] = ...) -> None: ...

class Overview(_message.Message):
    __slots__ = ("measure_time", "devices", "send_rate", "due_count", "due_more", "planned_count", "today", "counted", "unknown_count", "campaigns", "campaign_count", "events", "hold_time", "unmatched_stop_count", "doubted_count", "accepted_count", "undelivered_count", "undelivering_device_count")
    MEASURE_TIME_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    SEND_RATE_FIELD_NUMBER: _ClassVar[int]
    DUE_COUNT_FIELD_NUMBER: _ClassVar[int]
    DUE_MORE_FIELD_NUMBER: _ClassVar[int]
    PLANNED_COUNT_FIELD_NUMBER: _ClassVar[int]
    TODAY_FIELD_NUMBER: _ClassVar[int]
    COUNTED_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_COUNT_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGNS_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_COUNT_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    HOLD_TIME_FIELD_NUMBER: _ClassVar[int]
    UNMATCHED_STOP_COUNT_FIELD_NUMBER: _ClassVar[int]
    DOUBTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNDELIVERED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNDELIVERING_DEVICE_COUNT_FIELD_NUMBER: _ClassVar[int]
    measure_time: _timestamp_pb2.Timestamp
    devices: DeviceCounts
    send_rate: float
    due_count: int
    due_more: bool
    planned_count: int
    today: _containers.RepeatedCompositeFieldContainer[_campaigns_pb2.StateCount]
    counted: bool
    unknown_count: int
    campaigns: _containers.RepeatedCompositeFieldContainer[_campaigns_pb2.Campaign]
    campaign_count: int
    events: _containers.RepeatedCompositeFieldContainer[_events_pb2.Event]
    hold_time: _timestamp_pb2.Timestamp
    unmatched_stop_count: int
    doubted_count: int
    accepted_count: int
    undelivered_count: int
    undelivering_device_count: int
    def __init__(self, measure_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., devices: _Optional[_Union[DeviceCounts, _Mapping]] = ..., send_rate: _Optional[float] = ..., due_count: _Optional[int] = ..., due_more: _Optional[bool] = ..., planned_count: _Optional[int] = ..., today: _Optional[_Iterable[_Union[_campaigns_pb2.StateCount, _Mapping]]] = ..., counted: _Optional[bool] = ..., unknown_count: _Optional[int] = ..., campaigns: _Optional[_Iterable[_Union[_campaigns_pb2.Campaign, _Mapping]]] = ..., campaign_count: _Optional[int] = ..., events: _Optional[_Iterable[_Union[_events_pb2.Event, _Mapping]]] = ..., hold_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., unmatched_stop_count: _Optional[int] = ..., doubted_count: _Optional[int] = ..., accepted_count: _Optional[int] = ..., undelivered_count: _Optional[int] = ..., undelivering_device_count: _Optional[int] = ...) -> None: ...

class DeviceCounts(_message.Message):
    __slots__ = ("ready", "sending", "pacing", "hostless", "held", "parked", "total")
    READY_FIELD_NUMBER: _ClassVar[int]
    SENDING_FIELD_NUMBER: _ClassVar[int]
    PACING_FIELD_NUMBER: _ClassVar[int]
    HOSTLESS_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    PARKED_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    ready: int
    sending: int
    pacing: int
    hostless: int
    held: int
    parked: int
    total: int
    def __init__(self, ready: _Optional[int] = ..., sending: _Optional[int] = ..., pacing: _Optional[int] = ..., hostless: _Optional[int] = ..., held: _Optional[int] = ..., parked: _Optional[int] = ..., total: _Optional[int] = ...) -> None: ...
