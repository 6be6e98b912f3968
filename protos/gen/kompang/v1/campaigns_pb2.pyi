import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import field_info_pb2 as _field_info_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from kompang.v1 import accounts_pb2 as _accounts_pb2
from kompang.v1 import messages_pb2 as _messages_pb2
from kompang.v1 import wording_pb2 as _wording_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Campaign(_message.Message):
    __slots__ = ("name", "display_name", "text", "audience", "state", "min_delay", "max_delay", "variation", "on_unknown", "on_late", "late_tolerance", "start_time", "timezone", "end_time", "progress", "etag", "create_time", "update_time")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Campaign.State]
        STATE_DRAFT: _ClassVar[Campaign.State]
        STATE_SCHEDULED: _ClassVar[Campaign.State]
        STATE_LAUNCHING: _ClassVar[Campaign.State]
        STATE_RUNNING: _ClassVar[Campaign.State]
        STATE_PAUSED: _ClassVar[Campaign.State]
        STATE_FINISHED: _ClassVar[Campaign.State]
        STATE_CANCELLED: _ClassVar[Campaign.State]
    STATE_UNSPECIFIED: Campaign.State
    STATE_DRAFT: Campaign.State
    STATE_SCHEDULED: Campaign.State
    STATE_LAUNCHING: Campaign.State
    STATE_RUNNING: Campaign.State
    STATE_PAUSED: Campaign.State
    STATE_FINISHED: Campaign.State
    STATE_CANCELLED: Campaign.State
    class OnLate(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ON_LATE_UNSPECIFIED: _ClassVar[Campaign.OnLate]
        ON_LATE_SEND: _ClassVar[Campaign.OnLate]
        ON_LATE_DROP: _ClassVar[Campaign.OnLate]
        ON_LATE_SHIFT: _ClassVar[Campaign.OnLate]
    ON_LATE_UNSPECIFIED: Campaign.OnLate
    ON_LATE_SEND: Campaign.OnLate
    ON_LATE_DROP: Campaign.OnLate
    ON_LATE_SHIFT: Campaign.OnLate
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MIN_DELAY_FIELD_NUMBER: _ClassVar[int]
    MAX_DELAY_FIELD_NUMBER: _ClassVar[int]
    VARIATION_FIELD_NUMBER: _ClassVar[int]
    ON_UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    ON_LATE_FIELD_NUMBER: _ClassVar[int]
    LATE_TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    TIMEZONE_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    text: str
    audience: Audience
    state: Campaign.State
    min_delay: _duration_pb2.Duration
    max_delay: _duration_pb2.Duration
    variation: _wording_pb2.Variation
    on_unknown: _messages_pb2.OnUnknown
    on_late: Campaign.OnLate
    late_tolerance: _duration_pb2.Duration
    start_time: _timestamp_pb2.Timestamp
    timezone: str
    end_time: _timestamp_pb2.Timestamp
    progress: Progress
    etag: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., text: _Optional[str] = ..., audience: _Optional[_Union[Audience, _Mapping]] = ..., state: _Optional[_Union[Campaign.State, str]] = ..., min_delay: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_delay: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., variation: _Optional[_Union[_wording_pb2.Variation, str]] = ..., on_unknown: _Optional[_Union[_messages_pb2.OnUnknown, str]] = ..., on_late: _Optional[_Union[Campaign.OnLate, str]] = ..., late_tolerance: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., timezone: _Optional[str] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., progress: _Optional[_Union[Progress, _Mapping]] = ..., etag: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Audience(_message.Message):
    __slots__ = ("filter", "leads")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    LEADS_FIELD_NUMBER: _ClassVar[int]
    filter: str
    leads: LeadList
    def __init__(self, filter: _Optional[str] = ..., leads: _Optional[_Union[LeadList, _Mapping]] = ...) -> None: ...

class LeadList(_message.Message):
    __slots__ = ("leads", "lead_count")
    LEADS_FIELD_NUMBER: _ClassVar[int]
    LEAD_COUNT_FIELD_NUMBER: _ClassVar[int]
    leads: _containers.RepeatedScalarFieldContainer[str]
    lead_count: int
    def __init__(self, leads: _Optional[_Iterable[str]] = ..., lead_count: _Optional[int] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("counts", "message_count", "exclusions", "launched_ratio", "send_rate", "estimated_end_time", "sweeping")
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    EXCLUSIONS_FIELD_NUMBER: _ClassVar[int]
    LAUNCHED_RATIO_FIELD_NUMBER: _ClassVar[int]
    SEND_RATE_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_END_TIME_FIELD_NUMBER: _ClassVar[int]
    SWEEPING_FIELD_NUMBER: _ClassVar[int]
    counts: _containers.RepeatedCompositeFieldContainer[StateCount]
    message_count: int
    exclusions: _containers.RepeatedCompositeFieldContainer[Exclusion]
    launched_ratio: float
    send_rate: float
    estimated_end_time: _timestamp_pb2.Timestamp
    sweeping: bool
    def __init__(self, counts: _Optional[_Iterable[_Union[StateCount, _Mapping]]] = ..., message_count: _Optional[int] = ..., exclusions: _Optional[_Iterable[_Union[Exclusion, _Mapping]]] = ..., launched_ratio: _Optional[float] = ..., send_rate: _Optional[float] = ..., estimated_end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sweeping: _Optional[bool] = ...) -> None: ...

class StateCount(_message.Message):
    __slots__ = ("state", "message_count")
    STATE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    state: _messages_pb2.Message.State
    message_count: int
    def __init__(self, state: _Optional[_Union[_messages_pb2.Message.State, str]] = ..., message_count: _Optional[int] = ...) -> None: ...

class Exclusion(_message.Message):
    __slots__ = ("reason", "lead_count")
    class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        REASON_UNSPECIFIED: _ClassVar[Exclusion.Reason]
        REASON_DUPLICATE: _ClassVar[Exclusion.Reason]
        REASON_SUPPRESSED: _ClassVar[Exclusion.Reason]
        REASON_NO_CONSENT: _ClassVar[Exclusion.Reason]
        REASON_DEVICE_PARKED: _ClassVar[Exclusion.Reason]
        REASON_ERASED: _ClassVar[Exclusion.Reason]
    REASON_UNSPECIFIED: Exclusion.Reason
    REASON_DUPLICATE: Exclusion.Reason
    REASON_SUPPRESSED: Exclusion.Reason
    REASON_NO_CONSENT: Exclusion.Reason
    REASON_DEVICE_PARKED: Exclusion.Reason
    REASON_ERASED: Exclusion.Reason
    REASON_FIELD_NUMBER: _ClassVar[int]
    LEAD_COUNT_FIELD_NUMBER: _ClassVar[int]
    reason: Exclusion.Reason
    lead_count: int
    def __init__(self, reason: _Optional[_Union[Exclusion.Reason, str]] = ..., lead_count: _Optional[int] = ...) -> None: ...

class CreateCampaignRequest(_message.Message):
    __slots__ = ("campaign", "request_id")
    CAMPAIGN_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    campaign: Campaign
    request_id: str
    def __init__(self, campaign: _Optional[_Union[Campaign, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetCampaignRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListCampaignsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCampaignsResponse(_message.Message):
    __slots__ = ("campaigns", "next_page_token", "unreachable")
    CAMPAIGNS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    UNREACHABLE_FIELD_NUMBER: _ClassVar[int]
    campaigns: _containers.RepeatedCompositeFieldContainer[Campaign]
    next_page_token: str
    unreachable: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, campaigns: _Optional[_Iterable[_Union[Campaign, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., unreachable: _Optional[_Iterable[str]] = ...) -> None: ...

class UpdateCampaignRequest(_message.Message):
    __slots__ = ("campaign", "update_mask", "request_id")
    CAMPAIGN_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    campaign: Campaign
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, campaign: _Optional[_Union[Campaign, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteCampaignRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class LocalTime(_message.Message):
    __slots__ = ("date_time", "timezone")
    DATE_TIME_FIELD_NUMBER: _ClassVar[int]
    TIMEZONE_FIELD_NUMBER: _ClassVar[int]
    date_time: str
    timezone: str
    def __init__(self, date_time: _Optional[str] = ..., timezone: _Optional[str] = ...) -> None: ...

class ForecastCampaignRequest(_message.Message):
    __slots__ = ("name", "start_time", "local_start_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    LOCAL_START_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    start_time: _timestamp_pb2.Timestamp
    local_start_time: LocalTime
    def __init__(self, name: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., local_start_time: _Optional[_Union[LocalTime, _Mapping]] = ...) -> None: ...

class ForecastCampaignResponse(_message.Message):
    __slots__ = ("audience_count", "message_count", "exclusions", "device_loads", "device_count", "start_time", "end_time", "deferrals", "quiet_days", "first_contact_count")
    AUDIENCE_COUNT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    EXCLUSIONS_FIELD_NUMBER: _ClassVar[int]
    DEVICE_LOADS_FIELD_NUMBER: _ClassVar[int]
    DEVICE_COUNT_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    DEFERRALS_FIELD_NUMBER: _ClassVar[int]
    QUIET_DAYS_FIELD_NUMBER: _ClassVar[int]
    FIRST_CONTACT_COUNT_FIELD_NUMBER: _ClassVar[int]
    audience_count: int
    message_count: int
    exclusions: _containers.RepeatedCompositeFieldContainer[Exclusion]
    device_loads: _containers.RepeatedCompositeFieldContainer[DeviceLoad]
    device_count: int
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    deferrals: _containers.RepeatedCompositeFieldContainer[Deferral]
    quiet_days: _containers.RepeatedCompositeFieldContainer[_accounts_pb2.QuietDay]
    first_contact_count: int
    def __init__(self, audience_count: _Optional[int] = ..., message_count: _Optional[int] = ..., exclusions: _Optional[_Iterable[_Union[Exclusion, _Mapping]]] = ..., device_loads: _Optional[_Iterable[_Union[DeviceLoad, _Mapping]]] = ..., device_count: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., deferrals: _Optional[_Iterable[_Union[Deferral, _Mapping]]] = ..., quiet_days: _Optional[_Iterable[_Union[_accounts_pb2.QuietDay, _Mapping]]] = ..., first_contact_count: _Optional[int] = ...) -> None: ...

class Deferral(_message.Message):
    __slots__ = ("reason", "message_count", "until_time")
    class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        REASON_UNSPECIFIED: _ClassVar[Deferral.Reason]
        REASON_QUIET_HOURS: _ClassVar[Deferral.Reason]
        REASON_FREQUENCY_CAP: _ClassVar[Deferral.Reason]
        REASON_FIRST_CONTACT: _ClassVar[Deferral.Reason]
    REASON_UNSPECIFIED: Deferral.Reason
    REASON_QUIET_HOURS: Deferral.Reason
    REASON_FREQUENCY_CAP: Deferral.Reason
    REASON_FIRST_CONTACT: Deferral.Reason
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNTIL_TIME_FIELD_NUMBER: _ClassVar[int]
    reason: Deferral.Reason
    message_count: int
    until_time: _timestamp_pb2.Timestamp
    def __init__(self, reason: _Optional[_Union[Deferral.Reason, str]] = ..., message_count: _Optional[int] = ..., until_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DeviceLoad(_message.Message):
    __slots__ = ("device", "message_count", "end_time", "other_message_count")
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    OTHER_MESSAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    device: str
    message_count: int
    end_time: _timestamp_pb2.Timestamp
    other_message_count: int
    def __init__(self, device: _Optional[str] = ..., message_count: _Optional[int] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., other_message_count: _Optional[int] = ...) -> None: ...

class LaunchCampaignRequest(_message.Message):
    __slots__ = ("name", "start_time", "local_start_time", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    LOCAL_START_TIME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    start_time: _timestamp_pb2.Timestamp
    local_start_time: LocalTime
    request_id: str
    def __init__(self, name: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., local_start_time: _Optional[_Union[LocalTime, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class PauseCampaignRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ResumeCampaignRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CancelCampaignRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CloneCampaignRequest(_message.Message):
    __slots__ = ("name", "display_name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class RetryFailedRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class WatchCampaignRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class WatchCampaignResponse(_message.Message):
    __slots__ = ("campaign",)
    CAMPAIGN_FIELD_NUMBER: _ClassVar[int]
    campaign: Campaign
    def __init__(self, campaign: _Optional[_Union[Campaign, _Mapping]] = ...) -> None: ...
