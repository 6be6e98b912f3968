"""What the gateway reads from the environment."""

from datetime import timedelta

from pydantic import Field

from services.runtime.settings import ConsulSettings, PostgresSettings, SecretSettings, ServerSettings


class GatewaySettings(ServerSettings, ConsulSettings, PostgresSettings, SecretSettings):
    """Every field is read from `KOMPANG_<FIELD>`."""

    key_cache_s: float = Field(
        default=5.0,
        ge=0.05,
        le=5,
        description="How long an API key may still be taken for good after it was revoked, or after the"
        " database last said so; open calls end then.",
    )
    request_retention: timedelta = Field(
        default=timedelta(days=7), description="How long a request_id is remembered."
    )
    event_poll_s: float = Field(
        default=0.25, gt=0, description="Between two looks for new events, while somebody watches."
    )
    event_buffer: int = Field(
        default=10_000, ge=1, description="Events kept for one slow watcher before it is cut off."
    )
    enrollment_timeout_s: float = Field(
        default=300.0, gt=0, description="Deadline of RunEnrollment for a caller without one."
    )
    imports_at_once: int = Field(
        default=4, ge=1, description="ImportLeads calls that one gateway takes at a time."
    )
    import_retention: timedelta = Field(
        default=timedelta(days=30),
        description="How long a caller can continue an import and fetch its refused rows.",
    )
    campaign_watch_s: float = Field(
        default=1.0, gt=0, description="Between two looks at a campaign that somebody watches."
    )
    overview_watch_s: float = Field(
        default=1.0, gt=0, description="Between two looks at an account that somebody watches."
    )
