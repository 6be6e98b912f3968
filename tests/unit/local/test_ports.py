"""Free ports."""

import socket

from infra.local.servers.ports import LOOPBACK, free_ports


def test_ports_are_different_each_time() -> None:
    ports = free_ports(20) + free_ports(20)

    assert len(set(ports)) == 40


def test_ports_can_be_bound() -> None:
    for port in free_ports(5):
        with socket.create_server((LOOPBACK, port)):
            pass
