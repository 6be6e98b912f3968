from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Variation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VARIATION_UNSPECIFIED: _ClassVar[Variation]
    VARIATION_NONE: _ClassVar[Variation]
    VARIATION_NATURAL: _ClassVar[Variation]
VARIATION_UNSPECIFIED: Variation
VARIATION_NONE: Variation
VARIATION_NATURAL: Variation

class Wording(_message.Message):
    __slots__ = ("greetings", "fallback_name", "footer", "variation", "full_stop", "comma", "space", "greeting_case")
    GREETINGS_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_NAME_FIELD_NUMBER: _ClassVar[int]
    FOOTER_FIELD_NUMBER: _ClassVar[int]
    VARIATION_FIELD_NUMBER: _ClassVar[int]
    FULL_STOP_FIELD_NUMBER: _ClassVar[int]
    COMMA_FIELD_NUMBER: _ClassVar[int]
    SPACE_FIELD_NUMBER: _ClassVar[int]
    GREETING_CASE_FIELD_NUMBER: _ClassVar[int]
    greetings: Greetings
    fallback_name: str
    footer: str
    variation: Variation
    full_stop: float
    comma: float
    space: float
    greeting_case: float
    def __init__(self, greetings: _Optional[_Union[Greetings, _Mapping]] = ..., fallback_name: _Optional[str] = ..., footer: _Optional[str] = ..., variation: _Optional[_Union[Variation, str]] = ..., full_stop: _Optional[float] = ..., comma: _Optional[float] = ..., space: _Optional[float] = ..., greeting_case: _Optional[float] = ...) -> None: ...

class Greetings(_message.Message):
    __slots__ = ("greetings",)
    GREETINGS_FIELD_NUMBER: _ClassVar[int]
    greetings: _containers.RepeatedCompositeFieldContainer[Greeting]
    def __init__(self, greetings: _Optional[_Iterable[_Union[Greeting, _Mapping]]] = ...) -> None: ...

class Greeting(_message.Message):
    __slots__ = ("text", "weight", "language", "period", "warnings")
    class Period(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PERIOD_UNSPECIFIED: _ClassVar[Greeting.Period]
        PERIOD_MORNING: _ClassVar[Greeting.Period]
        PERIOD_AFTERNOON: _ClassVar[Greeting.Period]
        PERIOD_EVENING: _ClassVar[Greeting.Period]
    PERIOD_UNSPECIFIED: Greeting.Period
    PERIOD_MORNING: Greeting.Period
    PERIOD_AFTERNOON: Greeting.Period
    PERIOD_EVENING: Greeting.Period
    TEXT_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    text: str
    weight: int
    language: str
    period: Greeting.Period
    warnings: _containers.RepeatedCompositeFieldContainer[TextWarning]
    def __init__(self, text: _Optional[str] = ..., weight: _Optional[int] = ..., language: _Optional[str] = ..., period: _Optional[_Union[Greeting.Period, str]] = ..., warnings: _Optional[_Iterable[_Union[TextWarning, _Mapping]]] = ...) -> None: ...

class TextWarning(_message.Message):
    __slots__ = ("type", "line", "column", "text")
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        TYPE_UNSPECIFIED: _ClassVar[TextWarning.Type]
        TYPE_LOOK_ALIKE: _ClassVar[TextWarning.Type]
        TYPE_REPEATS: _ClassVar[TextWarning.Type]
    TYPE_UNSPECIFIED: TextWarning.Type
    TYPE_LOOK_ALIKE: TextWarning.Type
    TYPE_REPEATS: TextWarning.Type
    TYPE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    type: TextWarning.Type
    line: int
    column: int
    text: str
    def __init__(self, type: _Optional[_Union[TextWarning.Type, str]] = ..., line: _Optional[int] = ..., column: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...
