from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

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
