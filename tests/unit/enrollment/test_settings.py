"""Settings that cannot work are refused at boot."""

import pytest
from pydantic import SecretStr, ValidationError

from services.enrollment.settings import EnrollmentSettings

DSN = SecretStr("postgresql://enrollment:secret@127.0.0.1/kompang")


def test_more_batches_than_connections_are_refused() -> None:
    with pytest.raises(ValidationError, match="postgres_pool_max"):
        EnrollmentSettings(postgres_dsn=DSN, postgres_pool_max=4, enrollment_batches_in_flight=4)


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(EnrollmentSettings(postgres_dsn=DSN))
