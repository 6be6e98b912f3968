"""Enrollment against a real, freshly migrated database."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from services.enrollment.scan import Scanner
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.store import EnrollmentStore
from services.runtime.lifecycle import Life
from services.runtime.postgres import Postgres
from tests.integration.enrollment.book import Book
from tests.support.database import Database
from tests.support.kept import KeptDatabase


@pytest.fixture
async def database(kept_database: KeptDatabase) -> Database:
    """The same one for most tests, empty again for each."""
    return await kept_database.lent()


@pytest.fixture
async def book(database: Database) -> AsyncIterator[Book]:
    """An account with three devices."""
    async with database.connection() as connection:
        yield await Book.open(connection)


@pytest.fixture
def settings(database: Database) -> EnrollmentSettings:
    """No limit, and pages so small that every test crosses some."""
    return EnrollmentSettings(
        postgres_dsn=SecretStr(database.dsn("kompang_enrollment")),
        # Nobody is there: Consul must not matter to enrollment.
        consul_address="127.0.0.1:9",
        enrollment_leads_per_second=0,
        enrollment_page_leads=700,
        drain_s=5,
    )


@pytest.fixture
async def store(settings: EnrollmentSettings) -> AsyncIterator[EnrollmentStore]:
    """The store under the rights of the enrollment role."""
    async with Postgres(settings, application="test") as postgres:
        yield EnrollmentStore(postgres)


@pytest.fixture
async def life() -> Life:
    return Life()


@pytest.fixture
async def scanner(store: EnrollmentStore, settings: EnrollmentSettings, life: Life) -> Scanner:
    return Scanner(store, settings, life)
