"""Reading /proc."""

import os

from infra.local.processes import process_table


def test_the_entry_of_this_process_is_read() -> None:
    me = process_table.entry(os.getpid())

    assert me is not None
    assert me.alive
    assert me.parent == os.getppid()
    assert me.session == os.getsid(0)
    assert me.rss_bytes > 1_000_000


def test_a_pid_without_a_process_has_no_entry() -> None:
    assert process_table.entry(2**22 + 1) is None
    assert process_table.tree(2**22 + 1) == []


def test_a_tree_starts_with_its_root() -> None:
    assert process_table.tree(os.getpid())[0].pid == os.getpid()
    assert os.getpid() in [each.pid for each in process_table.tree(os.getppid())]
