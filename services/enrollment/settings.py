"""The environment variables of the enrollment process."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from services.callers import Role
from services.runtime.server_settings import ServerSettings
from services.runtime.settings import ConsulSettings, PostgresSettings


class EnrollmentSettings(ServerSettings, PostgresSettings, ConsulSettings):
    """A scan looks at many leads and writes them in transactions that are small, so that each is short."""

    role: ClassVar[str] = Role.ENROLLMENT
    is_called: ClassVar[bool] = True

    enrollment_interval_s: float = Field(default=300.0, gt=0, description="Seconds between two scans.")
    enrollment_page_leads: int = Field(default=5000, ge=1, description="Leads read at once.")
    enrollment_batch_leads: int = Field(default=50, ge=1, le=1000, description="Leads a transaction.")
    enrollment_batches_in_flight: int = Field(
        default=4, ge=1, le=100, description="Transactions at once; keep it below the pool's maximum."
    )
    enrollment_leads_per_second: float = Field(
        default=5000.0, ge=0, description="Of this replica over all its runs; 0 for no limit."
    )
    campaign_interval_s: float = Field(
        default=0.5, gt=0, description="Seconds between two looks at campaigns."
    )
    campaign_batch_leads: int = Field(default=5000, ge=1, le=50_000, description="Leads a piece of a launch.")
    campaign_batches_in_flight: int = Field(
        default=2, ge=1, le=8, description="Pieces at once; their connections are a pool of their own."
    )

    @model_validator(mode="after")
    def _batches_fit_the_pool(self) -> Self:
        if self.enrollment_batches_in_flight >= self.postgres_pool_max:
            raise ValueError("enrollment_batches_in_flight must stay below postgres_pool_max")
        return self
