"""The web server itself: its sockets, its end, its limits."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import socketio
import websocket

from mes.settings import Settings
from mes.web.addresses import is_loopback
from mes.web.server import Worker, options
from tests.live.watching import Watcher
from tests.web.serving import ROOT, add_people, add_plant, csrf_token, serve, until


def children(pid: int) -> list[int]:
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_the_process_ends_quickly_with_open_websockets(
    tmp_path: Path, sqlite_template: Path
) -> None:
    with serve(tmp_path / "data", sqlite_template) as served:
        add_plant(served.database)
        tokens = add_people(served.database)
        watchers = [Watcher(served.url, {"token": tokens["read"]}) for _ in range(12)]
        for watcher in watchers:
            watcher.watch(site="busan")
        begun = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(5) == 0
        assert time.monotonic() - begun < 4
        until(lambda: not any(watcher.client.connected for watcher in watchers), 5)
        for watcher in watchers:
            watcher.close()


def test_a_killed_worker_is_replaced_and_a_killed_arbiter_leaves_no_worker(
    tmp_path: Path, sqlite_template: Path
) -> None:
    with serve(tmp_path / "data", sqlite_template) as served:
        (worker,) = children(served.process.pid)
        os.kill(worker, signal.SIGKILL)
        (second,) = until(
            lambda: [pid for pid in children(served.process.pid) if pid != worker], 10
        )
        with served.client() as client:
            until(lambda: client.get("/healthz").status_code == 200, 15)
        served.process.kill()
        served.process.wait()
        until(lambda: not Path(f"/proc/{second}").exists(), 8)


def test_small_messages_leave_without_waiting_for_more(
    tmp_path: Path, sqlite_template: Path
) -> None:
    """TCP_NODELAY is on: gunicorn sets it on the listener and accepted sockets inherit it."""
    with serve(tmp_path / "data", sqlite_template) as served:
        (worker,) = children(served.process.pid)
        with socket.create_connection(("127.0.0.1", served.port)) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
            held = _sockets_of(worker)
            try:
                accepted = [s for s in held if _is_to(s, client.getsockname())]
                assert len(accepted) == 1
                assert accepted[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
                timeout = accepted[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
                assert timeout == 8000
            finally:
                for copy in held:
                    copy.close()


def _sockets_of(pid: int) -> list[socket.socket]:
    """Copies of another process's sockets (Linux `pidfd_getfd`)."""
    import ctypes

    pidfd = os.pidfd_open(pid)
    libc = ctypes.CDLL(None, use_errno=True)
    found = []
    for entry in os.listdir(f"/proc/{pid}/fd"):
        try:
            if not os.readlink(f"/proc/{pid}/fd/{entry}").startswith("socket:"):
                continue
        except FileNotFoundError:
            continue
        copied = libc.syscall(438, pidfd, int(entry), 0)
        if copied >= 0:
            found.append(socket.socket(fileno=copied))
    os.close(pidfd)
    return found


def _is_to(held: socket.socket, peer: object) -> bool:
    try:
        return bool(held.getpeername() == peer)
    except OSError:
        return False


def test_connections_beyond_the_limit_are_refused_and_pages_still_answer(
    tmp_path: Path, sqlite_template: Path
) -> None:
    with serve(tmp_path / "data", sqlite_template, MES_SOCKET_CLIENTS_MAX="3") as served:
        tokens = add_people(served.database)
        open_ones = [Watcher(served.url, {"token": tokens["read"]}) for _ in range(3)]
        with pytest.raises(socketio.exceptions.ConnectionError):
            Watcher(served.url, {"token": tokens["read"]})
        with served.client() as client:
            assert client.get("/healthz").status_code == 200
            assert 'mes_live_refused_total{reason="process"} 1.0' in client.get("/metrics").text
            open_ones.pop().close()
            until(lambda: "mes_live_clients 2.0" in client.get("/metrics").text, 20)
        open_ones.append(Watcher(served.url, {"token": tokens["read"]}))
        for watcher in open_ones:
            watcher.close()


def test_connections_that_say_nothing_are_refused_in_number_and_closed_in_time(
    tmp_path: Path, sqlite_template: Path
) -> None:
    with serve(tmp_path / "data", sqlite_template, MES_SOCKET_CLIENTS_MAX="2") as served:
        address = f"ws://127.0.0.1:{served.port}/socket.io/?EIO=4&transport=websocket"
        silent = [websocket.create_connection(address, timeout=5) for _ in range(12)]
        with pytest.raises(websocket.WebSocketBadStatusException, match="503"):
            websocket.create_connection(address, timeout=5)
        with served.client() as client:
            assert client.get("/healthz").status_code == 200
            until(lambda: 'refused_total{reason="silent"} 12.0' in client.get("/metrics").text, 20)
            until(lambda: opens(address), 20)
        for connection in silent:
            connection.shutdown()  # type: ignore[no-untyped-call]  # untyped there


def opens(address: str) -> bool:
    """Whether a new connection is taken."""
    try:
        websocket.create_connection(address, timeout=5).close()
    except websocket.WebSocketBadStatusException:
        return False
    return True


def test_sign_ins_from_one_address_are_throttled(tmp_path: Path, sqlite_template: Path) -> None:
    with (
        serve(tmp_path / "data", sqlite_template, MES_SIGN_INS_PER_MINUTE="3") as served,
        served.client() as client,
    ):
        headers = {"X-CSRFToken": csrf_token(client)}
        body = {"login": "nobody", "password": "guess"}
        seen = [client.post("/api/v1/session", json=body, headers=headers) for _ in range(5)]
    assert [answer.status_code for answer in seen] == [401, 401, 401, 429, 429]
    assert seen[-1].json()["code"] == "too_many_requests"
    assert int(seen[-1].headers["retry-after"]) > 0


def test_two_web_processes_never_share_a_data_folder(tmp_path: Path, sqlite_template: Path) -> None:
    with serve(tmp_path / "data", sqlite_template) as served:
        second = subprocess.run(
            [sys.executable, "-m", "mes.cli", "web", "--data", str(served.data), "--port", "0"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert second.returncode == 1
    assert second.stderr.startswith("data_in_use: ")


def test_plain_http_to_other_boxes_must_be_asked_for_by_name(tmp_path: Path) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "mes.cli", "web", "--data", str(tmp_path), "--host", "0.0.0.0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("plain_http_refused: ")


@pytest.mark.parametrize(
    ("host", "answer"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("192.168.0.7", False), ("factory.example", False)],
)  # fmt: skip
def test_only_loopback_counts_as_loopback(host: str, answer: bool) -> None:
    assert is_loopback(host) is answer


def test_there_is_a_thread_for_every_socket_and_some_to_spare(tmp_path: Path) -> None:
    chosen = options(Settings(data_dir=tmp_path, socket_clients_max=40))
    assert chosen["threads"] == 70
    assert chosen["worker_connections"] > chosen["threads"]
    assert chosen["workers"] == 1
    assert chosen["worker_class"] is Worker
    assert chosen["control_socket_disable"] is True


def test_the_web_process_imports_no_library_of_devices_or_migrations(
    tmp_path: Path, sqlite_template: Path
) -> None:
    with serve(tmp_path / "data", sqlite_template) as served:
        (worker,) = children(served.process.pid)
        with served.client() as client:
            client.get("/readyz")
        mapped = Path(f"/proc/{worker}/maps").read_text()
        assert "pymodbus" not in mapped
    program = (
        "import sys, mes.app, mes.web.server;"
        "print([n for n in ('asyncua', 'pymodbus', 'alembic', 'simpy') if n in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
