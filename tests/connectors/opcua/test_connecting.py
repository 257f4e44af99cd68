"""What stands between us and a server: each obstacle has its own code and step, in under 3 s."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from asyncua import Server, ua
from asyncua.crypto import security_policies
from asyncua.server.internal_server import InternalServer
from asyncua.server.user_managers import User, UserManager

from connectors.clock import PlantClock, monotonic_s, real_now_us
from connectors.opcua.client import connected
from connectors.opcua.config import OpcuaSource
from connectors.opcua.connector import OpcuaConnector
from connectors.opcua.identity import own_identities
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.errors import ConnectorError
from connectors.sdk.steps import Step
from mes.ports import free_port
from tests.connectors.opcua.server import plant_server

ANSWER_S = 3.0
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PROTECTED = {"security": {"policy": "basic256sha256", "mode": "sign_and_encrypt"}}


def source(host: str, port: int, more: Mapping[str, object]) -> OpcuaSource:
    document: dict[str, object] = {
        "id": "cnc_cell",
        "protocol": "opcua",
        "endpoint": f"opc.tcp://{host}:{port}",
        "security": {"policy": "none", "mode": "none"},
        "allow_insecure": True,
        "tags": [{"name": "state", "node": "nsu=urn:demo:cnc;s=Cnc1.State"}],
    }
    return OpcuaSource.model_validate({**document, **more})


async def failure(host: str, port: int, more: Mapping[str, object] | None = None) -> ConnectorError:
    """What opening fails with; it must not take long."""
    clock = PlantClock.starting_at(real_now_us())
    reader = OpcuaConnector(source(host, port, more or {}), ConnectorContext(clock=clock))
    begin = monotonic_s()
    with pytest.raises(ConnectorError) as caught:
        await reader.open()
    assert monotonic_s() - begin < ANSWER_S
    await reader.close()
    return caught.value


@asynccontextmanager
async def something_else(serve: Serve) -> AsyncIterator[int]:
    """A server of another protocol."""
    running: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        await serve(reader, writer)
        await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*running)


async def says_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    writer.close()


async def says_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A TLS server answers what is no TLS with an alert (protocol version)."""
    await reader.read(100)
    writer.write(bytes.fromhex("15030300020246"))
    writer.close()


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def test_an_unknown_name_is_the_step_name() -> None:
    error = await failure("no-such-host.invalid", 4840)
    assert (error.code, error.step) == ("host_not_found", Step.NAME)


async def test_a_closed_port_is_the_step_port() -> None:
    error = await failure("127.0.0.1", free_port())
    assert (error.code, error.step) == ("connection_refused", Step.PORT)


@pytest.mark.parametrize(
    ("serve", "code"), [(says_http, "protocol_error"), (says_tls, "tls_expected")]
)
async def test_another_protocol_on_the_port_is_the_step_protocol(serve: Serve, code: str) -> None:
    async with something_else(serve) as port:
        error = await failure("127.0.0.1", port)
    assert (error.code, error.step) == (code, Step.PROTOCOL)


async def test_a_server_that_accepts_and_says_nothing_is_the_step_protocol() -> None:
    async with something_else(says_nothing) as port:
        error = await failure("127.0.0.1", port)
    assert (error.code, error.step) == ("no_reply", Step.PROTOCOL)


async def test_a_policy_that_the_server_lacks_is_named_with_those_it_has() -> None:
    port = free_port()
    async with plant_server(port):
        error = await failure("127.0.0.1", port, PROTECTED)
    assert (error.code, error.step) == ("security_not_offered", Step.CERTIFICATE)
    assert "none/none" in error.detail


async def test_a_password_is_never_sent_in_plain_text_over_a_channel_that_is_only_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNC_PASSWORD", "a secret of the plant")
    port = free_port()
    async with greedy_server(port, tmp_path) as (fingerprint, passwords):
        error = await failure(
            "127.0.0.1",
            port,
            {
                "security": {
                    "policy": "basic256sha256",
                    "mode": "sign",
                    "trusted": [fingerprint],
                },
                "sign_in": {"user": "edge", "password": "env:CNC_PASSWORD"},
            },
        )
    assert (error.code, error.step) == ("password_in_plain_text", Step.SIGN_IN)
    assert "sign_and_encrypt" in error.detail
    assert passwords == []


async def test_an_ending_that_is_cancelled_leaves_no_socket() -> None:
    port = free_port()
    async with plant_server(port):
        client = await connected(source("127.0.0.1", port, {}), None)
        protocol = client.uaclient.protocol
        assert protocol is not None
        assert protocol.transport is not None
        ending = asyncio.create_task(client.end())
        while not ending.done():
            await asyncio.sleep(0)
            ending.cancel()
        assert protocol.transport.is_closing()


@asynccontextmanager
async def greedy_server(port: int, folder: Path) -> AsyncIterator[tuple[str, list[object]]]:
    """A signing server that wants passwords as they are; its fingerprint and what it was told."""
    (own,) = own_identities(folder, real_now_us())
    passwords: list[object] = []

    class Listening(UserManager):
        def get_user(
            self,
            iserver: InternalServer,
            username: str | None = None,
            password: str | None = None,
            certificate: object = None,
        ) -> User:
            passwords.append(password)
            return User()

    server = Server(user_manager=Listening())
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}")
    server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_Sign])
    server.set_identity_tokens([ua.UserNameIdentityToken])
    await server.load_certificate(folder / "certificate.der")
    await server.load_private_key(folder / "key.pem")
    await server.start()
    for endpoint in server.iserver.endpoints:
        for token in endpoint.UserIdentityTokens:
            token.SecurityPolicyUri = security_policies.SecurityPolicyNone.URI
    try:
        yield own.fingerprint, passwords
    finally:
        await server.stop()
