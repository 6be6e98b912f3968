"""A cluster that is kept to be copied; that servers run on the copies is shown in tests/integration/local."""

import fcntl
from pathlib import Path

import pytest

from infra.local.servers.seed import Seed

WORD = "secret-of-the-seed"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    made = tmp_path / "bin"
    made.mkdir()
    for name in ("postgres", "pg_resetwal"):
        (made / name).touch(mode=0o755)
    return made


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    """As `initdb` leaves it, as far as a seed looks at it."""
    made = tmp_path / "cluster"
    for folder in ("global", "pg_wal/archive_status"):
        (made / folder).mkdir(parents=True)
    (made / "global" / "pg_control").write_bytes(bytes(range(64)))
    (made / "pg_wal" / "000000010000000000000001").write_bytes(bytes(1024))
    return made


@pytest.fixture
def boot(tmp_path: Path) -> Path:
    file = tmp_path / "boot"
    file.write_text("this-start\n")
    return file


@pytest.fixture
def seed(tmp_path: Path, programs: Path, boot: Path) -> Seed:
    return Seed(programs, ("initdb",), tmp_path / "cache", boot)


def test_a_copy_has_the_files_an_identity_of_its_own_and_no_log(
    seed: Seed, cluster: Path, tmp_path: Path
) -> None:
    assert not seed.exists
    seed.keep(cluster, WORD)
    assert seed.exists
    assert seed.password == WORD
    copies = [tmp_path / "one", tmp_path / "two"]
    for copy in copies:
        seed.copy(copy)
    controls = [(folder / "global" / "pg_control").read_bytes() for folder in (cluster, *copies)]
    assert {control[8:] for control in controls} == {bytes(range(8, 64))}
    assert len({control[:8] for control in controls}) == 3
    assert [path.name for path in (copies[0] / "pg_wal").iterdir()] == ["archive_status"]


def test_only_the_owner_can_read_a_seed(seed: Seed, cluster: Path, tmp_path: Path) -> None:
    seed.keep(cluster, WORD)
    [kept] = (path for path in (tmp_path / "cache").iterdir() if path.is_dir())
    assert (kept.stat().st_mode & 0o777, (kept / "password").stat().st_mode & 0o777) == (0o700, 0o600)


def test_another_postgres_another_way_to_make_it_and_another_start_of_the_machine_have_another_seed(
    seed: Seed, cluster: Path, tmp_path: Path, programs: Path, boot: Path
) -> None:
    cache = tmp_path / "cache"
    seed.keep(cluster, WORD)
    assert Seed(programs, ("initdb",), cache, boot).exists
    assert not Seed(programs, ("initdb", "--locale=C"), cache, boot).exists
    boot.write_text("next-start\n")
    later = Seed(programs, ("initdb",), cache, boot)
    assert not later.exists
    (cache / "new" / "cluster").mkdir(parents=True)  # of a process that was killed
    later.keep(cluster, WORD)
    assert later.exists
    # What the power cut may have left halves of is gone.
    assert not seed.exists
    (programs / "postgres").write_text("newer")
    assert not Seed(programs, ("initdb",), cache, boot).exists


def test_while_another_process_keeps_one_nothing_is_kept(seed: Seed, cluster: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    with (tmp_path / "cache" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        seed.keep(cluster, WORD)
        assert not seed.exists
    seed.keep(cluster, WORD)
    assert seed.exists


def test_a_second_one_is_not_kept(seed: Seed, cluster: Path) -> None:
    seed.keep(cluster, WORD)
    seed.keep(cluster, "another")
    assert seed.password == WORD


def test_a_machine_that_cannot_make_an_identity_has_no_seeds(
    tmp_path: Path, programs: Path, cluster: Path, boot: Path
) -> None:
    (programs / "pg_resetwal").unlink()
    without = Seed(programs, ("initdb",), tmp_path / "cache", boot)
    without.keep(cluster, WORD)
    assert not without.exists
    assert not (tmp_path / "cache").exists()
