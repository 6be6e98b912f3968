"""What a dispatch replica reads from the environment."""

from typing import ClassVar

from pydantic import Field, field_validator

from services.callers import Role
from services.runtime.server_settings import ServerSettings
from services.runtime.settings import (
    ConsulSettings,
    JournalSettings,
    PostgresSettings,
    RedisSettings,
    SecretSettings,
)

LONGEST_TERM_S = 60.0
"""A host that says nothing for so long has lost its stream; it speaks several times a term."""


class DispatchSettings(
    ServerSettings, ConsulSettings, PostgresSettings, RedisSettings, SecretSettings, JournalSettings
):
    """Times in seconds. The defaults suit 3,000 devices at 5–15 s gaps."""

    role: ClassVar[str] = Role.DISPATCH
    is_called: ClassVar[bool] = True

    tick_s: float = Field(default=0.12, gt=0, description="Least time between two hands.")
    batch: int = Field(default=1000, ge=1, le=5000, description="Most devices in one hand.")
    scan_s: float = Field(default=1.0, gt=0, description="Time between two due scans.")
    horizon_s: float = Field(default=2.5, gt=0, description="How far ahead a due scan looks.")
    window: int = Field(default=16, ge=1, le=1000, description="Messages a device has in the due window.")
    ahead_s: float = Field(
        default=0.3, ge=0, le=2, description="A hand may precede the end of a gap by this."
    )
    slack_s: float = Field(
        default=0.02,
        ge=0,
        le=0.04,
        description="Taken off each gap for the way to the network; the promise allows 50 ms.",
    )
    outcome_s: float = Field(
        default=0.12, gt=0, description="Outcomes gather this long before they are written."
    )
    term_s: float = Field(default=5.0, gt=0, description="A shard host's term; 60 at most.")
    grace_s: float = Field(default=0.3, gt=0, description="Beyond its term a host is buried.")
    reap_s: float = Field(default=0.5, gt=0, description="Time between two looks for dead hosts.")
    refresh_s: float = Field(default=2.0, gt=0, description="Time between two looks for changed devices.")
    cursor_s: float = Field(default=60.0, gt=0, description="Time between two moves of the cursors.")
    attempts: int = Field(default=6, ge=1, le=100, description="Attempts before a passing failure is final.")
    repeats: int = Field(
        default=20,
        ge=1,
        le=1000,
        description="Attempts at an unanswered send, by repeat, question or policy, before `unknown` stays.",
    )
    undelivered_after_s: float = Field(
        default=1800.0,
        gt=0,
        le=43200,
        description="A message that was accepted so long ago and has not arrived counts as undelivered,"
        " up to ten minutes later.",
    )
    undelivered_least: int = Field(
        default=10,
        ge=1,
        description="So many of a device, and more than half of its day's messages, write an event.",
    )
    retry_s: float = Field(default=5.0, gt=0, description="First wait of a retry; doubles up to 10 minutes.")
    first_contacts_hold_s: float = Field(
        default=86400.0,
        gt=0,
        le=2592000,
        description="A device to which the network refuses a new chat begins none for so long, unless the"
        " network says how long; twice as long each time that follows soon.",
    )
    chat_retry_s: float = Field(
        default=900.0,
        gt=0,
        description="A message of a chat that exists, which the network refuses as a new one, waits so long.",
    )
    hold_s: float = Field(default=86400.0, gt=0, description="A hold for which the network named no end.")

    @field_validator("term_s")
    @classmethod
    def _is_heard_in_time(cls, value: float) -> float:
        if value > LONGEST_TERM_S:
            raise ValueError(
                f"is {value:g} s; a stream on which a host says nothing for {LONGEST_TERM_S:g} s is ended,"
                f" and a host speaks several times a term, so set at most {LONGEST_TERM_S:g}"
            )
        return value
