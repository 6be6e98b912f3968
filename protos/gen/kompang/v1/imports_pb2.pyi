import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import field_info_pb2 as _field_info_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ImportLeadsRequest(_message.Message):
    __slots__ = ("start", "chunk")
    START_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    start: ImportStart
    chunk: ImportChunk
    def __init__(self, start: _Optional[_Union[ImportStart, _Mapping]] = ..., chunk: _Optional[_Union[ImportChunk, _Mapping]] = ...) -> None: ...

class ImportStart(_message.Message):
    __slots__ = ("request_id", "size", "head_sha256", "options", "validate_only")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    HEAD_SHA256_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    size: int
    head_sha256: bytes
    options: ImportOptions
    validate_only: bool
    def __init__(self, request_id: _Optional[str] = ..., size: _Optional[int] = ..., head_sha256: _Optional[bytes] = ..., options: _Optional[_Union[ImportOptions, _Mapping]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class ImportOptions(_message.Message):
    __slots__ = ("country", "columns", "consent", "trigger", "device", "delimiter", "encoding")
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    DELIMITER_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    country: str
    columns: _containers.RepeatedCompositeFieldContainer[ImportColumn]
    consent: ImportConsent
    trigger: str
    device: str
    delimiter: str
    encoding: str
    def __init__(self, country: _Optional[str] = ..., columns: _Optional[_Iterable[_Union[ImportColumn, _Mapping]]] = ..., consent: _Optional[_Union[ImportConsent, _Mapping]] = ..., trigger: _Optional[str] = ..., device: _Optional[str] = ..., delimiter: _Optional[str] = ..., encoding: _Optional[str] = ...) -> None: ...

class ImportColumn(_message.Message):
    __slots__ = ("column", "field")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    column: str
    field: str
    def __init__(self, column: _Optional[str] = ..., field: _Optional[str] = ...) -> None: ...

class ImportConsent(_message.Message):
    __slots__ = ("source", "wording", "grant_time")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    WORDING_FIELD_NUMBER: _ClassVar[int]
    GRANT_TIME_FIELD_NUMBER: _ClassVar[int]
    source: str
    wording: str
    grant_time: _timestamp_pb2.Timestamp
    def __init__(self, source: _Optional[str] = ..., wording: _Optional[str] = ..., grant_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ImportChunk(_message.Message):
    __slots__ = ("offset", "content")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    offset: int
    content: bytes
    def __init__(self, offset: _Optional[int] = ..., content: _Optional[bytes] = ...) -> None: ...

class ImportLeadsResponse(_message.Message):
    __slots__ = ("started", "file", "progress", "result", "report")
    STARTED_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    started: ImportStarted
    file: ImportedFile
    progress: ImportProgress
    result: ImportResult
    report: ImportReport
    def __init__(self, started: _Optional[_Union[ImportStarted, _Mapping]] = ..., file: _Optional[_Union[ImportedFile, _Mapping]] = ..., progress: _Optional[_Union[ImportProgress, _Mapping]] = ..., result: _Optional[_Union[ImportResult, _Mapping]] = ..., report: _Optional[_Union[ImportReport, _Mapping]] = ...) -> None: ...

class ImportReport(_message.Message):
    __slots__ = ("columns", "rows", "counts", "said_yes", "said_no", "said_nothing", "opted_out", "said_perhaps_no", "perhaps_no_lines")
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    SAID_YES_FIELD_NUMBER: _ClassVar[int]
    SAID_NO_FIELD_NUMBER: _ClassVar[int]
    SAID_NOTHING_FIELD_NUMBER: _ClassVar[int]
    OPTED_OUT_FIELD_NUMBER: _ClassVar[int]
    SAID_PERHAPS_NO_FIELD_NUMBER: _ClassVar[int]
    PERHAPS_NO_LINES_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedCompositeFieldContainer[ImportedColumn]
    rows: int
    counts: ImportCounts
    said_yes: int
    said_no: int
    said_nothing: int
    opted_out: int
    said_perhaps_no: int
    perhaps_no_lines: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, columns: _Optional[_Iterable[_Union[ImportedColumn, _Mapping]]] = ..., rows: _Optional[int] = ..., counts: _Optional[_Union[ImportCounts, _Mapping]] = ..., said_yes: _Optional[int] = ..., said_no: _Optional[int] = ..., said_nothing: _Optional[int] = ..., opted_out: _Optional[int] = ..., said_perhaps_no: _Optional[int] = ..., perhaps_no_lines: _Optional[_Iterable[int]] = ...) -> None: ...

class ImportedColumn(_message.Message):
    __slots__ = ("column", "number", "field", "meaning", "rule", "filled_count", "values")
    class Meaning(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MEANING_UNSPECIFIED: _ClassVar[ImportedColumn.Meaning]
        MEANING_CONSENT: _ClassVar[ImportedColumn.Meaning]
        MEANING_OPT_OUT: _ClassVar[ImportedColumn.Meaning]
        MEANING_STATUS: _ClassVar[ImportedColumn.Meaning]
        MEANING_OPT_IN_TIME: _ClassVar[ImportedColumn.Meaning]
        MEANING_OPT_OUT_TIME: _ClassVar[ImportedColumn.Meaning]
        MEANING_CHANNELS: _ClassVar[ImportedColumn.Meaning]
        MEANING_OPT_OUT_CHANNELS: _ClassVar[ImportedColumn.Meaning]
        MEANING_OTHER_CHANNEL: _ClassVar[ImportedColumn.Meaning]
        MEANING_MENTIONS: _ClassVar[ImportedColumn.Meaning]
    MEANING_UNSPECIFIED: ImportedColumn.Meaning
    MEANING_CONSENT: ImportedColumn.Meaning
    MEANING_OPT_OUT: ImportedColumn.Meaning
    MEANING_STATUS: ImportedColumn.Meaning
    MEANING_OPT_IN_TIME: ImportedColumn.Meaning
    MEANING_OPT_OUT_TIME: ImportedColumn.Meaning
    MEANING_CHANNELS: ImportedColumn.Meaning
    MEANING_OPT_OUT_CHANNELS: ImportedColumn.Meaning
    MEANING_OTHER_CHANNEL: ImportedColumn.Meaning
    MEANING_MENTIONS: ImportedColumn.Meaning
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    MEANING_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    FILLED_COUNT_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    column: str
    number: int
    field: str
    meaning: ImportedColumn.Meaning
    rule: str
    filled_count: int
    values: _containers.RepeatedCompositeFieldContainer[ValueCount]
    def __init__(self, column: _Optional[str] = ..., number: _Optional[int] = ..., field: _Optional[str] = ..., meaning: _Optional[_Union[ImportedColumn.Meaning, str]] = ..., rule: _Optional[str] = ..., filled_count: _Optional[int] = ..., values: _Optional[_Iterable[_Union[ValueCount, _Mapping]]] = ...) -> None: ...

class ValueCount(_message.Message):
    __slots__ = ("value", "answer", "row_count")
    class Answer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ANSWER_UNSPECIFIED: _ClassVar[ValueCount.Answer]
        ANSWER_YES: _ClassVar[ValueCount.Answer]
        ANSWER_NO: _ClassVar[ValueCount.Answer]
        ANSWER_OPTED_OUT: _ClassVar[ValueCount.Answer]
        ANSWER_NEVER_ASKED: _ClassVar[ValueCount.Answer]
        ANSWER_NOTHING: _ClassVar[ValueCount.Answer]
        ANSWER_NOT_UNDERSTOOD: _ClassVar[ValueCount.Answer]
        ANSWER_PERHAPS_NO: _ClassVar[ValueCount.Answer]
    ANSWER_UNSPECIFIED: ValueCount.Answer
    ANSWER_YES: ValueCount.Answer
    ANSWER_NO: ValueCount.Answer
    ANSWER_OPTED_OUT: ValueCount.Answer
    ANSWER_NEVER_ASKED: ValueCount.Answer
    ANSWER_NOTHING: ValueCount.Answer
    ANSWER_NOT_UNDERSTOOD: ValueCount.Answer
    ANSWER_PERHAPS_NO: ValueCount.Answer
    VALUE_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    value: str
    answer: ValueCount.Answer
    row_count: int
    def __init__(self, value: _Optional[str] = ..., answer: _Optional[_Union[ValueCount.Answer, str]] = ..., row_count: _Optional[int] = ...) -> None: ...

class ImportStarted(_message.Message):
    __slots__ = ("name", "resume_offset")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESUME_OFFSET_FIELD_NUMBER: _ClassVar[int]
    name: str
    resume_offset: int
    def __init__(self, name: _Optional[str] = ..., resume_offset: _Optional[int] = ...) -> None: ...

class ImportedFile(_message.Message):
    __slots__ = ("encoding", "delimiter", "columns", "has_header", "samples", "warnings")
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    DELIMITER_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    HAS_HEADER_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    encoding: str
    delimiter: str
    columns: _containers.RepeatedCompositeFieldContainer[ImportColumn]
    has_header: bool
    samples: _containers.RepeatedScalarFieldContainer[str]
    warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, encoding: _Optional[str] = ..., delimiter: _Optional[str] = ..., columns: _Optional[_Iterable[_Union[ImportColumn, _Mapping]]] = ..., has_header: _Optional[bool] = ..., samples: _Optional[_Iterable[str]] = ..., warnings: _Optional[_Iterable[str]] = ...) -> None: ...

class ImportCounts(_message.Message):
    __slots__ = ("created", "updated", "unchanged", "duplicate", "refused", "refused_by_reason", "without_consent", "suppressed", "opted_out")
    class RefusedByReasonEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    CREATED_FIELD_NUMBER: _ClassVar[int]
    UPDATED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_BY_REASON_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_CONSENT_FIELD_NUMBER: _ClassVar[int]
    SUPPRESSED_FIELD_NUMBER: _ClassVar[int]
    OPTED_OUT_FIELD_NUMBER: _ClassVar[int]
    created: int
    updated: int
    unchanged: int
    duplicate: int
    refused: int
    refused_by_reason: _containers.ScalarMap[str, int]
    without_consent: int
    suppressed: int
    opted_out: int
    def __init__(self, created: _Optional[int] = ..., updated: _Optional[int] = ..., unchanged: _Optional[int] = ..., duplicate: _Optional[int] = ..., refused: _Optional[int] = ..., refused_by_reason: _Optional[_Mapping[str, int]] = ..., without_consent: _Optional[int] = ..., suppressed: _Optional[int] = ..., opted_out: _Optional[int] = ...) -> None: ...

class ImportProgress(_message.Message):
    __slots__ = ("rows", "offset", "rows_per_second", "remaining", "counts")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    ROWS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    REMAINING_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    rows: int
    offset: int
    rows_per_second: float
    remaining: _duration_pb2.Duration
    counts: ImportCounts
    def __init__(self, rows: _Optional[int] = ..., offset: _Optional[int] = ..., rows_per_second: _Optional[float] = ..., remaining: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., counts: _Optional[_Union[ImportCounts, _Mapping]] = ...) -> None: ...

class ImportResult(_message.Message):
    __slots__ = ("name", "rows", "counts", "start_time", "finish_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    FINISH_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    rows: int
    counts: ImportCounts
    start_time: _timestamp_pb2.Timestamp
    finish_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., rows: _Optional[int] = ..., counts: _Optional[_Union[ImportCounts, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetImportErrorsRequest(_message.Message):
    __slots__ = ("name", "resume_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    resume_token: str
    def __init__(self, name: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class GetImportErrorsResponse(_message.Message):
    __slots__ = ("content", "resume_token")
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    content: bytes
    resume_token: str
    def __init__(self, content: _Optional[bytes] = ..., resume_token: _Optional[str] = ...) -> None: ...

class Import(_message.Message):
    __slots__ = ("name", "state", "request_id", "size", "offset", "rows", "counts", "create_time", "finish_time", "kind")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Import.Kind]
        KIND_LEADS: _ClassVar[Import.Kind]
        KIND_SUPPRESSIONS: _ClassVar[Import.Kind]
    KIND_UNSPECIFIED: Import.Kind
    KIND_LEADS: Import.Kind
    KIND_SUPPRESSIONS: Import.Kind
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Import.State]
        STATE_OPEN: _ClassVar[Import.State]
        STATE_FINISHED: _ClassVar[Import.State]
    STATE_UNSPECIFIED: Import.State
    STATE_OPEN: Import.State
    STATE_FINISHED: Import.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    FINISH_TIME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: Import.State
    request_id: str
    size: int
    offset: int
    rows: int
    counts: ImportCounts
    create_time: _timestamp_pb2.Timestamp
    finish_time: _timestamp_pb2.Timestamp
    kind: Import.Kind
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[Import.State, str]] = ..., request_id: _Optional[str] = ..., size: _Optional[int] = ..., offset: _Optional[int] = ..., rows: _Optional[int] = ..., counts: _Optional[_Union[ImportCounts, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., kind: _Optional[_Union[Import.Kind, str]] = ...) -> None: ...

class GetImportRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListImportsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "state")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    state: Import.State
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., state: _Optional[_Union[Import.State, str]] = ...) -> None: ...

class ListImportsResponse(_message.Message):
    __slots__ = ("imports", "next_page_token", "unreachable")
    IMPORTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    UNREACHABLE_FIELD_NUMBER: _ClassVar[int]
    imports: _containers.RepeatedCompositeFieldContainer[Import]
    next_page_token: str
    unreachable: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, imports: _Optional[_Iterable[_Union[Import, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., unreachable: _Optional[_Iterable[str]] = ...) -> None: ...

class ImportSuppressionsRequest(_message.Message):
    __slots__ = ("start", "chunk")
    START_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    start: ImportSuppressionsStart
    chunk: ImportChunk
    def __init__(self, start: _Optional[_Union[ImportSuppressionsStart, _Mapping]] = ..., chunk: _Optional[_Union[ImportChunk, _Mapping]] = ...) -> None: ...

class ImportSuppressionsStart(_message.Message):
    __slots__ = ("request_id", "size", "head_sha256", "reason", "country", "columns", "delimiter", "encoding", "validate_only")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    HEAD_SHA256_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    DELIMITER_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    size: int
    head_sha256: bytes
    reason: str
    country: str
    columns: _containers.RepeatedCompositeFieldContainer[ImportColumn]
    delimiter: str
    encoding: str
    validate_only: bool
    def __init__(self, request_id: _Optional[str] = ..., size: _Optional[int] = ..., head_sha256: _Optional[bytes] = ..., reason: _Optional[str] = ..., country: _Optional[str] = ..., columns: _Optional[_Iterable[_Union[ImportColumn, _Mapping]]] = ..., delimiter: _Optional[str] = ..., encoding: _Optional[str] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class ImportSuppressionsResponse(_message.Message):
    __slots__ = ("started", "file", "progress", "result", "report")
    STARTED_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    started: ImportStarted
    file: ImportedFile
    progress: ImportProgress
    result: ImportResult
    report: ImportReport
    def __init__(self, started: _Optional[_Union[ImportStarted, _Mapping]] = ..., file: _Optional[_Union[ImportedFile, _Mapping]] = ..., progress: _Optional[_Union[ImportProgress, _Mapping]] = ..., result: _Optional[_Union[ImportResult, _Mapping]] = ..., report: _Optional[_Union[ImportReport, _Mapping]] = ...) -> None: ...

class UndoSuppressionsRequest(_message.Message):
    __slots__ = ("name", "request_id", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class UndoSuppressionsResponse(_message.Message):
    __slots__ = ("removed_count",)
    REMOVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    removed_count: int
    def __init__(self, removed_count: _Optional[int] = ...) -> None: ...
