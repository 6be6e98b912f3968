import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import field_info_pb2 as _field_info_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from kompang.v1 import messages_pb2 as _messages_pb2
from kompang.v1 import wording_pb2 as _wording_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OnReply(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ON_REPLY_UNSPECIFIED: _ClassVar[OnReply]
    ON_REPLY_STOP: _ClassVar[OnReply]
    ON_REPLY_HOLD: _ClassVar[OnReply]
    ON_REPLY_IGNORE: _ClassVar[OnReply]

class OnReenter(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ON_REENTER_UNSPECIFIED: _ClassVar[OnReenter]
    ON_REENTER_NEVER: _ClassVar[OnReenter]
    ON_REENTER_AFTER_FINISH: _ClassVar[OnReenter]
    ON_REENTER_RESTART: _ClassVar[OnReenter]
ON_REPLY_UNSPECIFIED: OnReply
ON_REPLY_STOP: OnReply
ON_REPLY_HOLD: OnReply
ON_REPLY_IGNORE: OnReply
ON_REENTER_UNSPECIFIED: OnReenter
ON_REENTER_NEVER: OnReenter
ON_REENTER_AFTER_FINISH: OnReenter
ON_REENTER_RESTART: OnReenter

class Sequence(_message.Message):
    __slots__ = ("name", "display_name", "trigger", "steps", "next_sequence", "state", "revision", "etag", "create_time", "update_time", "on_unknown", "greetings", "variation", "on_reply", "on_reenter")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Sequence.State]
        STATE_INACTIVE: _ClassVar[Sequence.State]
        STATE_ACTIVE: _ClassVar[Sequence.State]
    STATE_UNSPECIFIED: Sequence.State
    STATE_INACTIVE: Sequence.State
    STATE_ACTIVE: Sequence.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    NEXT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ON_UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    GREETINGS_FIELD_NUMBER: _ClassVar[int]
    VARIATION_FIELD_NUMBER: _ClassVar[int]
    ON_REPLY_FIELD_NUMBER: _ClassVar[int]
    ON_REENTER_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    trigger: str
    steps: _containers.RepeatedCompositeFieldContainer[Step]
    next_sequence: str
    state: Sequence.State
    revision: int
    etag: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    on_unknown: _messages_pb2.OnUnknown
    greetings: _wording_pb2.Greetings
    variation: _wording_pb2.Variation
    on_reply: OnReply
    on_reenter: OnReenter
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., trigger: _Optional[str] = ..., steps: _Optional[_Iterable[_Union[Step, _Mapping]]] = ..., next_sequence: _Optional[str] = ..., state: _Optional[_Union[Sequence.State, str]] = ..., revision: _Optional[int] = ..., etag: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., on_unknown: _Optional[_Union[_messages_pb2.OnUnknown, str]] = ..., greetings: _Optional[_Union[_wording_pb2.Greetings, _Mapping]] = ..., variation: _Optional[_Union[_wording_pb2.Variation, str]] = ..., on_reply: _Optional[_Union[OnReply, str]] = ..., on_reenter: _Optional[_Union[OnReenter, str]] = ...) -> None: ...

class Step(_message.Message):
    __slots__ = ("text", "offset", "warnings", "sent_count", "delivered_count", "read_count")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    SENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_COUNT_FIELD_NUMBER: _ClassVar[int]
    READ_COUNT_FIELD_NUMBER: _ClassVar[int]
    text: str
    offset: _duration_pb2.Duration
    warnings: _containers.RepeatedCompositeFieldContainer[_wording_pb2.TextWarning]
    sent_count: int
    delivered_count: int
    read_count: int
    def __init__(self, text: _Optional[str] = ..., offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., warnings: _Optional[_Iterable[_Union[_wording_pb2.TextWarning, _Mapping]]] = ..., sent_count: _Optional[int] = ..., delivered_count: _Optional[int] = ..., read_count: _Optional[int] = ...) -> None: ...

class CreateSequenceRequest(_message.Message):
    __slots__ = ("sequence", "sequence_id", "request_id")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    sequence: Sequence
    sequence_id: str
    request_id: str
    def __init__(self, sequence: _Optional[_Union[Sequence, _Mapping]] = ..., sequence_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetSequenceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListSequencesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSequencesResponse(_message.Message):
    __slots__ = ("sequences", "next_page_token", "unreachable")
    SEQUENCES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    UNREACHABLE_FIELD_NUMBER: _ClassVar[int]
    sequences: _containers.RepeatedCompositeFieldContainer[Sequence]
    next_page_token: str
    unreachable: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, sequences: _Optional[_Iterable[_Union[Sequence, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., unreachable: _Optional[_Iterable[str]] = ...) -> None: ...

class UpdateSequenceRequest(_message.Message):
    __slots__ = ("sequence", "update_mask", "request_id")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    sequence: Sequence
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, sequence: _Optional[_Union[Sequence, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ActivateSequenceRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeactivateSequenceRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class RunEnrollmentRequest(_message.Message):
    __slots__ = ("sequence",)
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    sequence: str
    def __init__(self, sequence: _Optional[str] = ...) -> None: ...

class RunEnrollmentResponse(_message.Message):
    __slots__ = ("enrolled_count", "message_count")
    ENROLLED_COUNT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    enrolled_count: int
    message_count: int
    def __init__(self, enrolled_count: _Optional[int] = ..., message_count: _Optional[int] = ...) -> None: ...

class MoveEnrollmentsRequest(_message.Message):
    __slots__ = ("name", "validate_only", "page_token", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    validate_only: bool
    page_token: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., validate_only: _Optional[bool] = ..., page_token: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class MoveEnrollmentsResponse(_message.Message):
    __slots__ = ("moved_count", "unchanged_count", "waiting_count", "rewritten_count", "added_count", "dropped_count", "next_page_token")
    MOVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    WAITING_COUNT_FIELD_NUMBER: _ClassVar[int]
    REWRITTEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    ADDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    DROPPED_COUNT_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    moved_count: int
    unchanged_count: int
    waiting_count: int
    rewritten_count: int
    added_count: int
    dropped_count: int
    next_page_token: str
    def __init__(self, moved_count: _Optional[int] = ..., unchanged_count: _Optional[int] = ..., waiting_count: _Optional[int] = ..., rewritten_count: _Optional[int] = ..., added_count: _Optional[int] = ..., dropped_count: _Optional[int] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class PreviewStepRequest(_message.Message):
    __slots__ = ("step", "draft", "lead", "invented", "sample_count", "audience_size", "read_time")
    STEP_FIELD_NUMBER: _ClassVar[int]
    DRAFT_FIELD_NUMBER: _ClassVar[int]
    LEAD_FIELD_NUMBER: _ClassVar[int]
    INVENTED_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    AUDIENCE_SIZE_FIELD_NUMBER: _ClassVar[int]
    READ_TIME_FIELD_NUMBER: _ClassVar[int]
    step: str
    draft: StepDraft
    lead: str
    invented: Reader
    sample_count: int
    audience_size: int
    read_time: _timestamp_pb2.Timestamp
    def __init__(self, step: _Optional[str] = ..., draft: _Optional[_Union[StepDraft, _Mapping]] = ..., lead: _Optional[str] = ..., invented: _Optional[_Union[Reader, _Mapping]] = ..., sample_count: _Optional[int] = ..., audience_size: _Optional[int] = ..., read_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class StepDraft(_message.Message):
    __slots__ = ("text", "greetings", "variation")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    GREETINGS_FIELD_NUMBER: _ClassVar[int]
    VARIATION_FIELD_NUMBER: _ClassVar[int]
    text: str
    greetings: _wording_pb2.Greetings
    variation: _wording_pb2.Variation
    def __init__(self, text: _Optional[str] = ..., greetings: _Optional[_Union[_wording_pb2.Greetings, _Mapping]] = ..., variation: _Optional[_Union[_wording_pb2.Variation, str]] = ...) -> None: ...

class Reader(_message.Message):
    __slots__ = ("display_name", "language", "timezone", "attributes")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TIMEZONE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    language: str
    timezone: str
    attributes: _containers.ScalarMap[str, str]
    def __init__(self, display_name: _Optional[str] = ..., language: _Optional[str] = ..., timezone: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ...) -> None: ...

class PreviewStepResponse(_message.Message):
    __slots__ = ("samples", "distinct_count", "repeat_share", "audience_size", "warnings", "weak_spots")
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_COUNT_FIELD_NUMBER: _ClassVar[int]
    REPEAT_SHARE_FIELD_NUMBER: _ClassVar[int]
    AUDIENCE_SIZE_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    WEAK_SPOTS_FIELD_NUMBER: _ClassVar[int]
    samples: _containers.RepeatedScalarFieldContainer[str]
    distinct_count: str
    repeat_share: float
    audience_size: int
    warnings: _containers.RepeatedCompositeFieldContainer[_wording_pb2.TextWarning]
    weak_spots: _containers.RepeatedCompositeFieldContainer[WeakSpot]
    def __init__(self, samples: _Optional[_Iterable[str]] = ..., distinct_count: _Optional[str] = ..., repeat_share: _Optional[float] = ..., audience_size: _Optional[int] = ..., warnings: _Optional[_Iterable[_Union[_wording_pb2.TextWarning, _Mapping]]] = ..., weak_spots: _Optional[_Iterable[_Union[WeakSpot, _Mapping]]] = ...) -> None: ...

class WeakSpot(_message.Message):
    __slots__ = ("line", "column", "alternative_count")
    LINE_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVE_COUNT_FIELD_NUMBER: _ClassVar[int]
    line: int
    column: int
    alternative_count: float
    def __init__(self, line: _Optional[int] = ..., column: _Optional[int] = ..., alternative_count: _Optional[float] = ...) -> None: ...
