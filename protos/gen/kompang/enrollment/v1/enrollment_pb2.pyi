from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RunNowRequest(_message.Message):
    __slots__ = ("account_id", "sequence_id")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    sequence_id: int
    def __init__(self, account_id: _Optional[int] = ..., sequence_id: _Optional[int] = ...) -> None: ...

class RunNowResponse(_message.Message):
    __slots__ = ("enrolled_count", "message_count")
    ENROLLED_COUNT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    enrolled_count: int
    message_count: int
    def __init__(self, enrolled_count: _Optional[int] = ..., message_count: _Optional[int] = ...) -> None: ...

class MoveRequest(_message.Message):
    __slots__ = ("account_id", "sequence_id", "validate_only", "after", "budget_ms")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    BUDGET_MS_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    sequence_id: int
    validate_only: bool
    after: Place
    budget_ms: int
    def __init__(self, account_id: _Optional[int] = ..., sequence_id: _Optional[int] = ..., validate_only: _Optional[bool] = ..., after: _Optional[_Union[Place, _Mapping]] = ..., budget_ms: _Optional[int] = ...) -> None: ...

class Place(_message.Message):
    __slots__ = ("sequence_id", "lead_id", "round")
    SEQUENCE_ID_FIELD_NUMBER: _ClassVar[int]
    LEAD_ID_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    sequence_id: int
    lead_id: int
    round: int
    def __init__(self, sequence_id: _Optional[int] = ..., lead_id: _Optional[int] = ..., round: _Optional[int] = ...) -> None: ...

class MoveResponse(_message.Message):
    __slots__ = ("moved_count", "unchanged_count", "waiting_count", "rewritten_count", "added_count", "dropped_count", "next")
    MOVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    WAITING_COUNT_FIELD_NUMBER: _ClassVar[int]
    REWRITTEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    ADDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    DROPPED_COUNT_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    moved_count: int
    unchanged_count: int
    waiting_count: int
    rewritten_count: int
    added_count: int
    dropped_count: int
    next: Place
    def __init__(self, moved_count: _Optional[int] = ..., unchanged_count: _Optional[int] = ..., waiting_count: _Optional[int] = ..., rewritten_count: _Optional[int] = ..., added_count: _Optional[int] = ..., dropped_count: _Optional[int] = ..., next: _Optional[_Union[Place, _Mapping]] = ...) -> None: ...
