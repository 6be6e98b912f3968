"""The limits that an operator may move."""

from pydantic import Field

from services.runtime.settings import Settings


class LimitSettings(Settings):
    """Part of the gateway's settings.

    `…_of_key` is the most of one API key; where little is free, it may take half of that.
    """

    calls_at_once: int = Field(default=1000, ge=1, description="Unary calls under way, of all keys.")
    calls_of_key: int = Field(default=100, ge=1, description="Unary calls under way of one key.")
    calls_per_s_of_key: float = Field(
        default=200.0,
        gt=0,
        description="Calls of one key in a second; beyond half as many at once its connections are read"
        " later, and few of its calls are served at a time.",
    )
    calls_served_of_key: int = Field(
        default=4,
        ge=1,
        description="Unary calls of one key that are served at one moment; others of the key wait. Less than"
        " half of the connections to Postgres, so that no key keeps others from them.",
    )
    streams_at_once: int = Field(
        default=1000, ge=1, description="Open streams (watches, imports), of all keys."
    )
    streams_of_key: int = Field(default=100, ge=1, description="Open streams of one key.")
    streams_without_key: int = Field(
        default=100, ge=1, description="Open streams of callers without a key (health, reflection)."
    )
    requests_read_at_once: int = Field(
        default=32,
        ge=1,
        description="Requests that are received at one moment; others wait. Each has 4 MB at most.",
    )
    requests_read_of_key: int = Field(default=8, ge=1, description="Of them, those of one key.")
    heavy_calls_at_once: int = Field(
        default=6, ge=1, description="Calls of methods with large requests or long work; others wait."
    )
    heavy_calls_of_key: int = Field(default=3, ge=1, description="Of them, those of one key.")
    connections_at_once: int = Field(
        default=2000,
        ge=1,
        description="Connections, or half of the files that the system lets this process open, where that is"
        " less; one more is closed at once.",
    )
    streams_of_connection: int = Field(
        default=1000,
        ge=1,
        description="Calls and streams on one connection; gRPC itself refuses more (UNAVAILABLE), and near"
        " the limit also calls of a client that waits for one to end.",
    )
    connection_idle_s: float = Field(
        default=300.0, gt=0, description="A connection without a call is closed after so long."
    )
    connection_age_s: float = Field(
        default=1800.0,
        gt=0,
        description="A connection takes no new calls after so long (± 10 %): its caller makes another one.",
    )
    connection_grace_s: float = Field(
        default=360.0,
        gt=0,
        description="The calls it has then may take so long; a stream that is open still is ended, and its"
        " caller resumes it. Longer than any call with an end.",
    )
    reader_timeout_s: float = Field(
        default=60.0, gt=0, description="A stream ends when its caller takes no response for so long."
    )
