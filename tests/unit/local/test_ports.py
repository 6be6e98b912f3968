"""Free ports."""

import socket
import subprocess
import sys

import pytest

from infra.local.servers import ports
from infra.local.servers.ports import LOOPBACK, free_ports


def test_ports_are_different_each_time() -> None:
    given = free_ports(20) + free_ports(20)

    assert len(set(given)) == 40


def test_a_service_can_bind_a_port_that_was_given_out() -> None:
    for port in free_ports(5):
        with socket.create_server((LOOPBACK, port)) as server:
            assert server.getsockname() == (LOOPBACK, port)


def test_another_process_is_not_given_a_port_that_is_reserved_here() -> None:
    [port] = free_ports(1)
    search = (
        "from infra.local.servers import ports\n"
        f"ports._LOWEST = ports._HIGHEST = {port}\n"
        "try:\n    print(ports.free_ports(1))\n"
        "except OSError as error:\n    print(error)"
    )

    found = subprocess.run([sys.executable, "-c", search], capture_output=True, text=True, check=True)

    assert found.stdout.startswith("no free port")


def test_a_port_that_somebody_listens_on_is_not_given_out(monkeypatch) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        taken = server.getsockname()[1]
        monkeypatch.setattr(ports, "_LOWEST", taken)
        monkeypatch.setattr(ports, "_HIGHEST", taken)

        with pytest.raises(OSError, match="no free port"):
            free_ports(1)
