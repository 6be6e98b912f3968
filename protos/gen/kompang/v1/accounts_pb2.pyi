import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import field_info_pb2 as _field_info_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from kompang.v1 import wording_pb2 as _wording_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Weekday(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WEEKDAY_UNSPECIFIED: _ClassVar[Weekday]
    WEEKDAY_MONDAY: _ClassVar[Weekday]
    WEEKDAY_TUESDAY: _ClassVar[Weekday]
    WEEKDAY_WEDNESDAY: _ClassVar[Weekday]
    WEEKDAY_THURSDAY: _ClassVar[Weekday]
    WEEKDAY_FRIDAY: _ClassVar[Weekday]
    WEEKDAY_SATURDAY: _ClassVar[Weekday]
    WEEKDAY_SUNDAY: _ClassVar[Weekday]
WEEKDAY_UNSPECIFIED: Weekday
WEEKDAY_MONDAY: Weekday
WEEKDAY_TUESDAY: Weekday
WEEKDAY_WEDNESDAY: Weekday
WEEKDAY_THURSDAY: Weekday
WEEKDAY_FRIDAY: Weekday
WEEKDAY_SATURDAY: Weekday
WEEKDAY_SUNDAY: Weekday

class Account(_message.Message):
    __slots__ = ("name", "display_name", "timezone", "language", "wording", "etag", "create_time", "quiet_hours", "frequency_cap", "stop_words", "start_words", "stop_confirmation", "country", "quiet_weekdays", "holiday_regions", "days", "quiet_days")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TIMEZONE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    WORDING_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    QUIET_HOURS_FIELD_NUMBER: _ClassVar[int]
    FREQUENCY_CAP_FIELD_NUMBER: _ClassVar[int]
    STOP_WORDS_FIELD_NUMBER: _ClassVar[int]
    START_WORDS_FIELD_NUMBER: _ClassVar[int]
    STOP_CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    QUIET_WEEKDAYS_FIELD_NUMBER: _ClassVar[int]
    HOLIDAY_REGIONS_FIELD_NUMBER: _ClassVar[int]
    DAYS_FIELD_NUMBER: _ClassVar[int]
    QUIET_DAYS_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    timezone: str
    language: str
    wording: _wording_pb2.Wording
    etag: str
    create_time: _timestamp_pb2.Timestamp
    quiet_hours: QuietHours
    frequency_cap: FrequencyCap
    stop_words: _containers.RepeatedScalarFieldContainer[str]
    start_words: _containers.RepeatedScalarFieldContainer[str]
    stop_confirmation: str
    country: str
    quiet_weekdays: _containers.RepeatedScalarFieldContainer[Weekday]
    holiday_regions: _containers.RepeatedScalarFieldContainer[str]
    days: _containers.RepeatedCompositeFieldContainer[AccountDay]
    quiet_days: _containers.RepeatedCompositeFieldContainer[QuietDay]
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., timezone: _Optional[str] = ..., language: _Optional[str] = ..., wording: _Optional[_Union[_wording_pb2.Wording, _Mapping]] = ..., etag: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., quiet_hours: _Optional[_Union[QuietHours, _Mapping]] = ..., frequency_cap: _Optional[_Union[FrequencyCap, _Mapping]] = ..., stop_words: _Optional[_Iterable[str]] = ..., start_words: _Optional[_Iterable[str]] = ..., stop_confirmation: _Optional[str] = ..., country: _Optional[str] = ..., quiet_weekdays: _Optional[_Iterable[_Union[Weekday, str]]] = ..., holiday_regions: _Optional[_Iterable[str]] = ..., days: _Optional[_Iterable[_Union[AccountDay, _Mapping]]] = ..., quiet_days: _Optional[_Iterable[_Union[QuietDay, _Mapping]]] = ...) -> None: ...

class AccountDay(_message.Message):
    __slots__ = ("date", "display_name", "working")
    DATE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    WORKING_FIELD_NUMBER: _ClassVar[int]
    date: str
    display_name: str
    working: bool
    def __init__(self, date: _Optional[str] = ..., display_name: _Optional[str] = ..., working: _Optional[bool] = ...) -> None: ...

class QuietDay(_message.Message):
    __slots__ = ("date", "display_name", "holiday_region", "estimated")
    DATE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    HOLIDAY_REGION_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FIELD_NUMBER: _ClassVar[int]
    date: str
    display_name: str
    holiday_region: str
    estimated: bool
    def __init__(self, date: _Optional[str] = ..., display_name: _Optional[str] = ..., holiday_region: _Optional[str] = ..., estimated: _Optional[bool] = ...) -> None: ...

class QuietHours(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: str
    end: str
    def __init__(self, start: _Optional[str] = ..., end: _Optional[str] = ...) -> None: ...

class FrequencyCap(_message.Message):
    __slots__ = ("per_day", "per_week")
    PER_DAY_FIELD_NUMBER: _ClassVar[int]
    PER_WEEK_FIELD_NUMBER: _ClassVar[int]
    per_day: int
    per_week: int
    def __init__(self, per_day: _Optional[int] = ..., per_week: _Optional[int] = ...) -> None: ...

class GetAccountRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class UpdateAccountRequest(_message.Message):
    __slots__ = ("account", "update_mask", "request_id")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    account: Account
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, account: _Optional[_Union[Account, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...
