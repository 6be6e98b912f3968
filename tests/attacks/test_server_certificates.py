"""Attacked: the way to Postgres and Redis. A server that cannot prove its name gets no password."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis.exceptions import RedisError

from infra.local.servers.authority import Authority
from services.runtime import redis
from services.runtime.errors import Unavailable
from services.runtime.postgres import Postgres
from services.runtime.settings import PostgresSettings, RedisSettings
from tests.support.slowness import patient
from tests.support.tls_terminator import terminator

RIGHT, WRONG = "localhost", "db.example"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "own")


async def ask(dsn: str) -> int:
    settings = PostgresSettings(postgres_dsn=dsn, postgres_timeout_s=5.0)
    async with Postgres(settings, application="test") as postgres:
        row = await postgres.fetch_row("SELECT 7 AS answer")
    assert row is not None
    return int(row["answer"])


def through(dsn: str, port: int, options: dict[str, object]) -> str:
    url = urlsplit(dsn)
    told = "&".join(f"{name}={value}" for name, value in options.items())
    return f"postgresql://{url.username}:{url.password}@localhost:{port}{url.path}?{told}"


async def test_postgres_is_believed_under_its_name_alone(database, authority, tmp_path):
    other = Authority(tmp_path / "other", "other")
    right, wrong, strange = (
        authority.issue("right", RIGHT), authority.issue("wrong", WRONG), other.issue("strange", RIGHT)
    )  # fmt: skip
    client = authority.issue("client", "kompang")
    verify = {"sslmode": "verify-full", "sslrootcert": authority.file}
    shown = verify | {"sslcert": client.certificate, "sslkey": client.key}
    dsn = database.dsn("gateway")
    port = urlsplit(dsn).port
    for files, options, needs, passes in (
        (right, verify, False, True),
        (right, shown, True, True),
        (right, verify, True, False),
        (wrong, verify, False, False),
        # The name is not looked at with less than verify-full.
        (wrong, verify | {"sslmode": "verify-ca"}, False, True),
        (strange, verify, False, False),
    ):
        async with terminator(port, files, is_postgres=True, needs_certificate=needs) as secure:
            told = through(dsn, secure, options)
            if passes:
                assert await ask(told) == 7
            else:
                with pytest.raises(Unavailable) as refused:
                    await ask(told)
                assert str(urlsplit(dsn).password) not in f"{refused.value!r} {refused.value.__cause__!r}"


async def test_a_postgres_that_says_it_has_no_tls_gets_nothing(database, authority):
    dsn = database.dsn("gateway")
    files = authority.issue("right", RIGHT)
    async with terminator(urlsplit(dsn).port, files, is_postgres=True, answer=b"N") as plain:
        options = {"sslmode": "verify-full", "sslrootcert": authority.file}
        with pytest.raises(Unavailable):
            await ask(through(dsn, plain, options))


async def test_redis_is_believed_under_its_name_with_its_user_and_password(database, authority, tmp_path):
    other = Authority(tmp_path / "other", "other")
    plain = redis.connect(RedisSettings(redis_url=database.stack.redis.url, redis_timeout_s=patient(5.0)))
    await plain.execute_command("ACL", "SETUSER", "kompang", "on", ">s3cret", "~*", "&*", "+@all")
    port = urlsplit(database.stack.redis.url).port
    right, wrong, strange = (
        authority.issue("right", RIGHT), authority.issue("wrong", WRONG), other.issue("strange", RIGHT)
    )  # fmt: skip
    ca = f"?ssl_ca_certs={authority.file}"
    try:
        for files, user, passes in (
            (right, "kompang:s3cret", True),
            (right, "kompang:guessed", False),
            (wrong, "kompang:s3cret", False),
            (strange, "kompang:s3cret", False),
        ):
            async with terminator(port, files, is_postgres=False) as secure:
                url = f"rediss://{user}@localhost:{secure}/0{ca}"
                client = redis.connect(
                    RedisSettings(redis_url=url, redis_timeout_s=patient(3.0), redis_retries=0)
                )
                if passes:
                    assert await client.ping()
                    assert await client.execute_command("ACL", "WHOAMI") in (b"kompang", "kompang")
                else:
                    with pytest.raises((RedisError, OSError)) as refused:
                        await client.ping()
                    assert user.partition(":")[2] not in repr(refused.value)
                await client.aclose()
    finally:
        await plain.execute_command("ACL", "DELUSER", "kompang")
        await plain.aclose()


def test_the_addresses_with_passwords_may_stand_in_files(tmp_path, monkeypatch):
    for name, text in (("POSTGRES_DSN", "postgresql://a:b@c/d"), ("REDIS_URL", "rediss://a:b@c/0")):
        (tmp_path / name).write_text(f"{text}\n")
        monkeypatch.setenv(f"KOMPANG_{name}_FILE", str(tmp_path / name))
    assert PostgresSettings().postgres_dsn.get_secret_value() == "postgresql://a:b@c/d"
    assert RedisSettings().redis_url.get_secret_value() == "rediss://a:b@c/0"
    monkeypatch.setenv("KOMPANG_REDIS_URL", "redis://127.0.0.1/0")
    with pytest.raises(ValueError, match="set either"):
        RedisSettings()
