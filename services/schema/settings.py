"""The environment variables of `migrate`."""

from pydantic import Field

from services.runtime.settings import Dsn, Settings


class SchemaSettings(Settings):
    """The role of this DSN owns the schema; the services have roles of their own."""

    postgres_dsn: Dsn = Field(description="postgresql://owner@host:port/database")
    shard_count: int = Field(default=256, ge=1, le=1024, description="Fixed for the life of a cluster.")
