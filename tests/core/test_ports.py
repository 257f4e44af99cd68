"""Ports that servers get when nobody chose one."""

from __future__ import annotations

import socket

from mes.ports import FIRST, SIZE, free_port


def test_a_port_is_given_once_and_nobody_listens_on_it() -> None:
    ports = [free_port() for _ in range(200)]
    assert len(set(ports)) == len(ports)
    assert all(FIRST <= port < FIRST + SIZE for port in ports)
    with socket.create_server(("127.0.0.1", ports[-1] + 1)):
        assert free_port() != ports[-1] + 1
