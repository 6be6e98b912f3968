"""What `kompang admin` reads from the environment, beside the DSN."""

from services.runtime.settings import PostgresSettings, SecretSettings


class RehashSettings(PostgresSettings, SecretSettings):
    """The DSN is that of the schema's owner, the secrets those of the mesh, the newest first."""
