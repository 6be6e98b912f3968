"""A Postgres whose disk is full, where the machine lets one be mounted; elsewhere the reason is told."""

from pathlib import Path

import asyncpg
import pytest

from infra.local.errors import StartFailed
from infra.local.servers.small_disk import why_unavailable
from infra.local.servers.stack import LocalStack

SIZE_BYTES = 256 << 20


async def test_a_full_disk_refuses_inserts_until_there_is_room(tmp_path: Path) -> None:
    if why := why_unavailable():
        with pytest.raises(StartFailed, match=why[:20]):
            await LocalStack(tmp_path, disk_bytes=SIZE_BYTES).__aenter__()
        return
    async with LocalStack(tmp_path, disk_bytes=SIZE_BYTES) as stack:
        disk = stack.postgres.disk
        assert disk is not None
        connection = await asyncpg.connect(stack.postgres.admin_dsn, ssl=False)
        await connection.execute("CREATE TABLE grown (text text)")
        disk.fill()
        with pytest.raises(asyncpg.DiskFullError):
            await connection.execute(
                "INSERT INTO grown SELECT repeat(n::text, 100) FROM generate_series(1, 100000) n"
            )
        disk.clear()
        await connection.execute("INSERT INTO grown VALUES ('small')")
        assert await connection.fetchval("SELECT count(*) FROM grown") == 1
        await connection.close()
        # Nobody else sees it: on the machine's own disk there is an empty folder.
        assert names(disk.path) == []
    assert names(tmp_path) == []


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]
