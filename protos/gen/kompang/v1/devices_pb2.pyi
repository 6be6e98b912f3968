import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import field_info_pb2 as _field_info_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Device(_message.Message):
    __slots__ = ("name", "display_name", "phone", "min_delay", "max_delay", "daily_cap", "state", "state_reason", "hold_end_time", "shard", "host", "last_send_time", "create_time", "warm_up", "etag", "sent_today_count", "cap_today", "pending_count", "accepted_count", "undelivered_count", "first_contact_cap", "first_contact_today_count", "first_contact_cap_today", "first_contact_hold_end_time", "state_detail", "ban_reason", "transport", "link_state", "jid", "label", "proxy", "has_proxy")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Device.State]
        STATE_ACTIVE: _ClassVar[Device.State]
        STATE_HELD: _ClassVar[Device.State]
        STATE_PARKED: _ClassVar[Device.State]
    STATE_UNSPECIFIED: Device.State
    STATE_ACTIVE: Device.State
    STATE_HELD: Device.State
    STATE_PARKED: Device.State
    class Transport(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        TRANSPORT_UNSPECIFIED: _ClassVar[Device.Transport]
        TRANSPORT_SIMULATED: _ClassVar[Device.Transport]
        TRANSPORT_NEONIZE: _ClassVar[Device.Transport]
        TRANSPORT_SIMULATED_TRACEABLE: _ClassVar[Device.Transport]
    TRANSPORT_UNSPECIFIED: Device.Transport
    TRANSPORT_SIMULATED: Device.Transport
    TRANSPORT_NEONIZE: Device.Transport
    TRANSPORT_SIMULATED_TRACEABLE: Device.Transport
    class LinkState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        LINK_STATE_UNSPECIFIED: _ClassVar[Device.LinkState]
        LINK_STATE_CONNECTED: _ClassVar[Device.LinkState]
        LINK_STATE_DISCONNECTED: _ClassVar[Device.LinkState]
        LINK_STATE_UNPAIRED: _ClassVar[Device.LinkState]
    LINK_STATE_UNSPECIFIED: Device.LinkState
    LINK_STATE_CONNECTED: Device.LinkState
    LINK_STATE_DISCONNECTED: Device.LinkState
    LINK_STATE_UNPAIRED: Device.LinkState
    class BanReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        BAN_REASON_UNSPECIFIED: _ClassVar[Device.BanReason]
        BAN_REASON_SENT_TO_TOO_MANY_PEOPLE: _ClassVar[Device.BanReason]
        BAN_REASON_BLOCKED_BY_USERS: _ClassVar[Device.BanReason]
        BAN_REASON_CREATED_TOO_MANY_GROUPS: _ClassVar[Device.BanReason]
        BAN_REASON_SENT_TOO_MANY_SAME_MESSAGE: _ClassVar[Device.BanReason]
        BAN_REASON_BROADCAST_LIST: _ClassVar[Device.BanReason]
        BAN_REASON_OTHER: _ClassVar[Device.BanReason]
    BAN_REASON_UNSPECIFIED: Device.BanReason
    BAN_REASON_SENT_TO_TOO_MANY_PEOPLE: Device.BanReason
    BAN_REASON_BLOCKED_BY_USERS: Device.BanReason
    BAN_REASON_CREATED_TOO_MANY_GROUPS: Device.BanReason
    BAN_REASON_SENT_TOO_MANY_SAME_MESSAGE: Device.BanReason
    BAN_REASON_BROADCAST_LIST: Device.BanReason
    BAN_REASON_OTHER: Device.BanReason
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    PHONE_FIELD_NUMBER: _ClassVar[int]
    MIN_DELAY_FIELD_NUMBER: _ClassVar[int]
    MAX_DELAY_FIELD_NUMBER: _ClassVar[int]
    DAILY_CAP_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_REASON_FIELD_NUMBER: _ClassVar[int]
    HOLD_END_TIME_FIELD_NUMBER: _ClassVar[int]
    SHARD_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    LAST_SEND_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    WARM_UP_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    SENT_TODAY_COUNT_FIELD_NUMBER: _ClassVar[int]
    CAP_TODAY_FIELD_NUMBER: _ClassVar[int]
    PENDING_COUNT_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNDELIVERED_COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_CONTACT_CAP_FIELD_NUMBER: _ClassVar[int]
    FIRST_CONTACT_TODAY_COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_CONTACT_CAP_TODAY_FIELD_NUMBER: _ClassVar[int]
    FIRST_CONTACT_HOLD_END_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_DETAIL_FIELD_NUMBER: _ClassVar[int]
    BAN_REASON_FIELD_NUMBER: _ClassVar[int]
    TRANSPORT_FIELD_NUMBER: _ClassVar[int]
    LINK_STATE_FIELD_NUMBER: _ClassVar[int]
    JID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    PROXY_FIELD_NUMBER: _ClassVar[int]
    HAS_PROXY_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    phone: str
    min_delay: _duration_pb2.Duration
    max_delay: _duration_pb2.Duration
    daily_cap: int
    state: Device.State
    state_reason: str
    hold_end_time: _timestamp_pb2.Timestamp
    shard: int
    host: str
    last_send_time: _timestamp_pb2.Timestamp
    create_time: _timestamp_pb2.Timestamp
    warm_up: WarmUp
    etag: str
    sent_today_count: int
    cap_today: int
    pending_count: int
    accepted_count: int
    undelivered_count: int
    first_contact_cap: int
    first_contact_today_count: int
    first_contact_cap_today: int
    first_contact_hold_end_time: _timestamp_pb2.Timestamp
    state_detail: str
    ban_reason: Device.BanReason
    transport: Device.Transport
    link_state: Device.LinkState
    jid: str
    label: str
    proxy: str
    has_proxy: bool
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., phone: _Optional[str] = ..., min_delay: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_delay: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., daily_cap: _Optional[int] = ..., state: _Optional[_Union[Device.State, str]] = ..., state_reason: _Optional[str] = ..., hold_end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., shard: _Optional[int] = ..., host: _Optional[str] = ..., last_send_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warm_up: _Optional[_Union[WarmUp, _Mapping]] = ..., etag: _Optional[str] = ..., sent_today_count: _Optional[int] = ..., cap_today: _Optional[int] = ..., pending_count: _Optional[int] = ..., accepted_count: _Optional[int] = ..., undelivered_count: _Optional[int] = ..., first_contact_cap: _Optional[int] = ..., first_contact_today_count: _Optional[int] = ..., first_contact_cap_today: _Optional[int] = ..., first_contact_hold_end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., state_detail: _Optional[str] = ..., ban_reason: _Optional[_Union[Device.BanReason, str]] = ..., transport: _Optional[_Union[Device.Transport, str]] = ..., link_state: _Optional[_Union[Device.LinkState, str]] = ..., jid: _Optional[str] = ..., label: _Optional[str] = ..., proxy: _Optional[str] = ..., has_proxy: _Optional[bool] = ...) -> None: ...

class WarmUp(_message.Message):
    __slots__ = ("first_day_count", "daily_growth")
    FIRST_DAY_COUNT_FIELD_NUMBER: _ClassVar[int]
    DAILY_GROWTH_FIELD_NUMBER: _ClassVar[int]
    first_day_count: int
    daily_growth: float
    def __init__(self, first_day_count: _Optional[int] = ..., daily_growth: _Optional[float] = ...) -> None: ...

class BatchCreateDevicesRequest(_message.Message):
    __slots__ = ("devices", "request_id")
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    devices: _containers.RepeatedCompositeFieldContainer[Device]
    request_id: str
    def __init__(self, devices: _Optional[_Iterable[_Union[Device, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class BatchCreateDevicesResponse(_message.Message):
    __slots__ = ("devices",)
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    devices: _containers.RepeatedCompositeFieldContainer[Device]
    def __init__(self, devices: _Optional[_Iterable[_Union[Device, _Mapping]]] = ...) -> None: ...

class GetDeviceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListDevicesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "states")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    states: _containers.RepeatedScalarFieldContainer[Device.State]
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., states: _Optional[_Iterable[_Union[Device.State, str]]] = ...) -> None: ...

class ListDevicesResponse(_message.Message):
    __slots__ = ("devices", "next_page_token", "unreachable")
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    UNREACHABLE_FIELD_NUMBER: _ClassVar[int]
    devices: _containers.RepeatedCompositeFieldContainer[Device]
    next_page_token: str
    unreachable: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, devices: _Optional[_Iterable[_Union[Device, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., unreachable: _Optional[_Iterable[str]] = ...) -> None: ...

class UpdateDeviceRequest(_message.Message):
    __slots__ = ("device", "update_mask", "request_id")
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    device: Device
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, device: _Optional[_Union[Device, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ReleaseDeviceRequest(_message.Message):
    __slots__ = ("name", "request_id", "first_contacts")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_CONTACTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    first_contacts: bool
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ..., first_contacts: _Optional[bool] = ...) -> None: ...

class UnlinkDeviceRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...
