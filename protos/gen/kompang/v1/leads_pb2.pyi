import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import field_info_pb2 as _field_info_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from kompang.v1 import events_pb2 as _events_pb2
from kompang.v1 import explain_pb2 as _explain_pb2
from kompang.v1 import imports_pb2 as _imports_pb2
from kompang.v1 import messages_pb2 as _messages_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Lead(_message.Message):
    __slots__ = ("name", "phone", "display_name", "trigger", "device", "attributes", "consent", "suppressed", "create_time", "update_time", "language", "timezone", "refuse_time", "other_phones", "network_id", "former_network_ids", "doubt_time")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    PHONE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    SUPPRESSED_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TIMEZONE_FIELD_NUMBER: _ClassVar[int]
    REFUSE_TIME_FIELD_NUMBER: _ClassVar[int]
    OTHER_PHONES_FIELD_NUMBER: _ClassVar[int]
    NETWORK_ID_FIELD_NUMBER: _ClassVar[int]
    FORMER_NETWORK_IDS_FIELD_NUMBER: _ClassVar[int]
    DOUBT_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    phone: str
    display_name: str
    trigger: str
    device: str
    attributes: _containers.ScalarMap[str, str]
    consent: Consent
    suppressed: bool
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    language: str
    timezone: str
    refuse_time: _timestamp_pb2.Timestamp
    other_phones: _containers.RepeatedScalarFieldContainer[str]
    network_id: str
    former_network_ids: _containers.RepeatedScalarFieldContainer[str]
    doubt_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., phone: _Optional[str] = ..., display_name: _Optional[str] = ..., trigger: _Optional[str] = ..., device: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ..., consent: _Optional[_Union[Consent, _Mapping]] = ..., suppressed: _Optional[bool] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., language: _Optional[str] = ..., timezone: _Optional[str] = ..., refuse_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., other_phones: _Optional[_Iterable[str]] = ..., network_id: _Optional[str] = ..., former_network_ids: _Optional[_Iterable[str]] = ..., doubt_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Consent(_message.Message):
    __slots__ = ("source", "wording", "grant_time")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    WORDING_FIELD_NUMBER: _ClassVar[int]
    GRANT_TIME_FIELD_NUMBER: _ClassVar[int]
    source: str
    wording: str
    grant_time: _timestamp_pb2.Timestamp
    def __init__(self, source: _Optional[str] = ..., wording: _Optional[str] = ..., grant_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class BatchUpsertLeadsRequest(_message.Message):
    __slots__ = ("leads", "request_id")
    LEADS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    leads: _containers.RepeatedCompositeFieldContainer[Lead]
    request_id: str
    def __init__(self, leads: _Optional[_Iterable[_Union[Lead, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class BatchUpsertLeadsResponse(_message.Message):
    __slots__ = ("leads", "created_count", "updated_count", "unchanged_count")
    LEADS_FIELD_NUMBER: _ClassVar[int]
    CREATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    leads: _containers.RepeatedCompositeFieldContainer[Lead]
    created_count: int
    updated_count: int
    unchanged_count: int
    def __init__(self, leads: _Optional[_Iterable[_Union[Lead, _Mapping]]] = ..., created_count: _Optional[int] = ..., updated_count: _Optional[int] = ..., unchanged_count: _Optional[int] = ...) -> None: ...

class GetLeadRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListLeadsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "trigger", "device", "doubted")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    DOUBTED_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    trigger: str
    device: str
    doubted: bool
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., trigger: _Optional[str] = ..., device: _Optional[str] = ..., doubted: _Optional[bool] = ...) -> None: ...

class ListLeadsResponse(_message.Message):
    __slots__ = ("leads", "next_page_token", "unreachable")
    LEADS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    UNREACHABLE_FIELD_NUMBER: _ClassVar[int]
    leads: _containers.RepeatedCompositeFieldContainer[Lead]
    next_page_token: str
    unreachable: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, leads: _Optional[_Iterable[_Union[Lead, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., unreachable: _Optional[_Iterable[str]] = ...) -> None: ...

class SuppressLeadRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ConfirmSuppressionRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class UndoSuppressionRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ResumeLeadRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class EraseLeadRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class EraseLeadResponse(_message.Message):
    __slots__ = ("cancelled_count",)
    CANCELLED_COUNT_FIELD_NUMBER: _ClassVar[int]
    cancelled_count: int
    def __init__(self, cancelled_count: _Optional[int] = ...) -> None: ...

class ExplainLeadRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ExportLeadRequest(_message.Message):
    __slots__ = ("name", "page_size", "page_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    page_size: int
    page_token: str
    def __init__(self, name: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ExportLeadResponse(_message.Message):
    __slots__ = ("lead", "consents", "suppression", "enrollments", "messages", "replies", "texts", "events", "next_page_token", "refused_rows", "quarantined_replies", "refused_by")
    class Suppression(_message.Message):
        __slots__ = ("reason", "create_time")
        REASON_FIELD_NUMBER: _ClassVar[int]
        CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
        reason: str
        create_time: _timestamp_pb2.Timestamp
        def __init__(self, reason: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
    class Enrollment(_message.Message):
        __slots__ = ("sequence", "state", "reason", "create_time", "end_time", "round", "message_count", "versions")
        SEQUENCE_FIELD_NUMBER: _ClassVar[int]
        STATE_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
        END_TIME_FIELD_NUMBER: _ClassVar[int]
        ROUND_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
        VERSIONS_FIELD_NUMBER: _ClassVar[int]
        sequence: str
        state: str
        reason: str
        create_time: _timestamp_pb2.Timestamp
        end_time: _timestamp_pb2.Timestamp
        round: int
        message_count: int
        versions: _containers.RepeatedCompositeFieldContainer[ExportLeadResponse.Version]
        def __init__(self, sequence: _Optional[str] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., round: _Optional[int] = ..., message_count: _Optional[int] = ..., versions: _Optional[_Iterable[_Union[ExportLeadResponse.Version, _Mapping]]] = ...) -> None: ...
    class Version(_message.Message):
        __slots__ = ("sequence", "revision")
        SEQUENCE_FIELD_NUMBER: _ClassVar[int]
        REVISION_FIELD_NUMBER: _ClassVar[int]
        sequence: str
        revision: int
        def __init__(self, sequence: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...
    class Text(_message.Message):
        __slots__ = ("message", "text")
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        TEXT_FIELD_NUMBER: _ClassVar[int]
        message: str
        text: str
        def __init__(self, message: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...
    class RefusedRow(_message.Message):
        __slots__ = ("line", "reason", "cells")
        IMPORT_FIELD_NUMBER: _ClassVar[int]
        LINE_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        CELLS_FIELD_NUMBER: _ClassVar[int]
        line: int
        reason: str
        cells: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, line: _Optional[int] = ..., reason: _Optional[str] = ..., cells: _Optional[_Iterable[str]] = ..., **kwargs) -> None: ...
    class QuarantinedReply(_message.Message):
        __slots__ = ("device", "kind", "text", "receive_time")
        DEVICE_FIELD_NUMBER: _ClassVar[int]
        KIND_FIELD_NUMBER: _ClassVar[int]
        TEXT_FIELD_NUMBER: _ClassVar[int]
        RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
        device: str
        kind: str
        text: str
        receive_time: _timestamp_pb2.Timestamp
        def __init__(self, device: _Optional[str] = ..., kind: _Optional[str] = ..., text: _Optional[str] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
    class Reply(_message.Message):
        __slots__ = ("device", "kind", "receive_time")
        DEVICE_FIELD_NUMBER: _ClassVar[int]
        KIND_FIELD_NUMBER: _ClassVar[int]
        RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
        device: str
        kind: str
        receive_time: _timestamp_pb2.Timestamp
        def __init__(self, device: _Optional[str] = ..., kind: _Optional[str] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
    LEAD_FIELD_NUMBER: _ClassVar[int]
    CONSENTS_FIELD_NUMBER: _ClassVar[int]
    SUPPRESSION_FIELD_NUMBER: _ClassVar[int]
    ENROLLMENTS_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    REPLIES_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REFUSED_ROWS_FIELD_NUMBER: _ClassVar[int]
    QUARANTINED_REPLIES_FIELD_NUMBER: _ClassVar[int]
    REFUSED_BY_FIELD_NUMBER: _ClassVar[int]
    lead: Lead
    consents: _containers.RepeatedCompositeFieldContainer[Consent]
    suppression: ExportLeadResponse.Suppression
    enrollments: _containers.RepeatedCompositeFieldContainer[ExportLeadResponse.Enrollment]
    messages: _containers.RepeatedCompositeFieldContainer[_messages_pb2.Message]
    replies: _containers.RepeatedCompositeFieldContainer[ExportLeadResponse.Reply]
    texts: _containers.RepeatedCompositeFieldContainer[ExportLeadResponse.Text]
    events: _containers.RepeatedCompositeFieldContainer[_events_pb2.Event]
    next_page_token: str
    refused_rows: _containers.RepeatedCompositeFieldContainer[ExportLeadResponse.RefusedRow]
    quarantined_replies: _containers.RepeatedCompositeFieldContainer[ExportLeadResponse.QuarantinedReply]
    refused_by: str
    def __init__(self, lead: _Optional[_Union[Lead, _Mapping]] = ..., consents: _Optional[_Iterable[_Union[Consent, _Mapping]]] = ..., suppression: _Optional[_Union[ExportLeadResponse.Suppression, _Mapping]] = ..., enrollments: _Optional[_Iterable[_Union[ExportLeadResponse.Enrollment, _Mapping]]] = ..., messages: _Optional[_Iterable[_Union[_messages_pb2.Message, _Mapping]]] = ..., replies: _Optional[_Iterable[_Union[ExportLeadResponse.Reply, _Mapping]]] = ..., texts: _Optional[_Iterable[_Union[ExportLeadResponse.Text, _Mapping]]] = ..., events: _Optional[_Iterable[_Union[_events_pb2.Event, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., refused_rows: _Optional[_Iterable[_Union[ExportLeadResponse.RefusedRow, _Mapping]]] = ..., quarantined_replies: _Optional[_Iterable[_Union[ExportLeadResponse.QuarantinedReply, _Mapping]]] = ..., refused_by: _Optional[str] = ...) -> None: ...
