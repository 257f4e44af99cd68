"""Bad input: each mistake on the way to a device has its own code and message, in under 3 s."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from asyncua import Server, ua
from asyncua.server.internal_server import InternalServer
from asyncua.server.user_managers import User, UserManager

from connectors.clock import monotonic_s, plant_clock, real_now_us
from connectors.opcua.identity import own_identities
from connectors.runtime.configuration import check_source
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.registry import manifest_of
from connectors.sdk.steps import Step, StepOutcome
from mes.ports import free_port
from tests.connectors.modbus.device import Device, serving
from tests.connectors.modbus.rtu_device import RtuBus, rtu_serving
from tests.connectors.mqtt.broker import broker
from tests.connectors.mqtt.world import certificate
from tests.connectors.opcua.test_connecting import says_http, says_tls, something_else

ANSWER_S = 3.0
NOWHERE = "no-such-host.invalid"
OPEN = {"security": {"policy": "none", "mode": "none"}, "allow_insecure": True}
LOGIN = {"user": "edge", "password": "env:TEST_PASSWORD"}

Document = dict[str, Any]
World = Callable[[Path], AbstractAsyncContextManager[Document]]


def modbus(link: Document, **more: Any) -> Document:
    tags = [{"name": "a", "table": "holding", "address": 0, "type": "uint16"}]
    return {"id": "plc", "protocol": "modbus", "link": link, "tags": tags, **more}


def over_tcp(port: int, host: str = "127.0.0.1") -> Document:
    return modbus({"transport": "tcp", "host": host, "port": port})


def rtu_over_tcp(port: int, host: str = "127.0.0.1") -> Document:
    return modbus({"transport": "rtu_over_tcp", "host": host, "port": port})


def rtu(serial_port: str) -> Document:
    return modbus({"transport": "rtu", "serial_port": serial_port, "parity": "none"})


def opcua(port: int, host: str = "127.0.0.1", **more: Any) -> Document:
    tags = [{"name": "a", "node": "nsu=urn:demo:cnc;s=Cnc1.State"}]
    place = {"endpoint": f"opc.tcp://{host}:{port}", "tags": tags}
    return {"id": "cnc", "protocol": "opcua", **place, **(more or OPEN)}


def mqtt(port: int, host: str = "127.0.0.1", **more: Any) -> Document:
    tags = [{"name": "a", "topic": "plant/press"}]
    place = {"host": host, "port": port, **more}
    return {"id": "cell", "protocol": "mqtt", "broker": place, "tags": tags}


Made = Callable[..., Document]


def unknown_name(made: Made) -> World:
    @asynccontextmanager
    async def world(_: Path) -> AsyncIterator[Document]:
        yield made(1, NOWHERE)

    return world


def closed_port(made: Made) -> World:
    @asynccontextmanager
    async def world(_: Path) -> AsyncIterator[Document]:
        yield made(free_port())

    return world


def other_protocol(made: Made) -> World:
    @asynccontextmanager
    async def world(_: Path) -> AsyncIterator[Document]:
        async with something_else(says_http) as port:
            yield made(port)

    return world


def tls_on_port(made: Made) -> World:
    @asynccontextmanager
    async def world(_: Path) -> AsyncIterator[Document]:
        async with something_else(says_tls) as port:
            yield made(port)

    return world


@asynccontextmanager
async def silent_unit(_: Path) -> AsyncIterator[Document]:
    async with serving(Device(silent_units={1})) as device:
        yield over_tcp(device.port)


@asynccontextmanager
async def silent_rtu_unit(_: Path) -> AsyncIterator[Document]:
    async with rtu_serving(RtuBus(units={2})) as bus:
        yield rtu_over_tcp(bus.port)


@asynccontextmanager
async def line_without_adapter(folder: Path) -> AsyncIterator[Document]:
    yield rtu(str(folder / "ttyUSB7"))


@asynccontextmanager
async def line_that_is_a_file(folder: Path) -> AsyncIterator[Document]:
    file = folder / "ttyUSB8"
    file.touch()
    yield rtu(str(file))


@asynccontextmanager
async def line_without_the_unit(_: Path) -> AsyncIterator[Document]:
    ours, theirs = os.openpty()
    try:
        yield rtu(os.ttyname(theirs))
    finally:
        os.close(ours)
        os.close(theirs)


@asynccontextmanager
async def unapproved_certificate(folder: Path) -> AsyncIterator[Document]:
    async with secured_server(folder) as (port, _):
        yield opcua(port, security=PROTECTED)


@asynccontextmanager
async def wrong_opcua_password(folder: Path) -> AsyncIterator[Document]:
    async with secured_server(folder) as (port, fingerprint):
        security = {**PROTECTED, "trusted": [fingerprint]}
        yield opcua(port, security=security, sign_in=LOGIN)


@asynccontextmanager
async def tls_to_a_plain_broker(folder: Path) -> AsyncIterator[Document]:
    async with broker(folder / "broker") as running:
        yield mqtt(running.port, tls={})


@asynccontextmanager
async def plain_to_a_tls_broker(folder: Path) -> AsyncIterator[Document]:
    async with tls_server(folder) as port:
        yield mqtt(port)


@asynccontextmanager
async def untrusted_broker(folder: Path) -> AsyncIterator[Document]:
    async with tls_server(folder) as port:
        yield mqtt(port, tls={})


@asynccontextmanager
async def wrong_broker_password(folder: Path) -> AsyncIterator[Document]:
    login = {"user": "edge", "password": "another one"}
    async with broker(folder / "broker", authorization=login) as running:
        yield mqtt(running.port, **LOGIN, allow_insecure=True)


PROTECTED = {"policy": "basic256sha256", "mode": "sign_and_encrypt"}


@asynccontextmanager
async def secured_server(folder: Path) -> AsyncIterator[tuple[int, str]]:
    """A server that wants a protected channel and knows nobody; its port and fingerprint."""

    class Nobody(UserManager):
        def get_user(
            self,
            iserver: InternalServer,
            username: str | None = None,
            password: str | None = None,
            certificate: object = None,
        ) -> User | None:
            return None

    port = free_port()
    (own,) = own_identities(folder, real_now_us())
    server = Server(user_manager=Nobody())
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}")
    server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
    server.set_identity_tokens([ua.UserNameIdentityToken])
    await server.load_certificate(folder / "certificate.der")
    await server.load_private_key(folder / "key.pem")
    await server.start()
    try:
        yield port, own.fingerprint
    finally:
        await server.stop()


@asynccontextmanager
async def tls_server(folder: Path) -> AsyncIterator[int]:
    """A port that speaks TLS with a certificate that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


class Case(NamedTuple):
    """One mistake, and what has to be said about it."""

    where: str
    mistake: str
    world: World
    step: Step
    code: str


def cases(where: str, *rows: tuple[str, World, Step, str]) -> list[Case]:
    return [Case(where, *row) for row in rows]


CASES = [
    *cases(
        "tcp",
        ("wrong host", unknown_name(over_tcp), Step.NAME, "host_not_found"),
        ("closed port", closed_port(over_tcp), Step.PORT, "connection_refused"),
        ("wrong port", other_protocol(over_tcp), Step.PROTOCOL, "protocol_error"),
        ("TLS on the port", tls_on_port(over_tcp), Step.PROTOCOL, "tls_expected"),
        ("wrong unit", silent_unit, Step.UNIT, "no_reply"),
    ),
    *cases(
        "rtu over tcp",
        ("wrong host", unknown_name(rtu_over_tcp), Step.NAME, "host_not_found"),
        ("closed port", closed_port(rtu_over_tcp), Step.PORT, "connection_refused"),
        ("wrong port", other_protocol(rtu_over_tcp), Step.PORT, "connection_lost"),
        ("TLS on the port", tls_on_port(rtu_over_tcp), Step.PROTOCOL, "tls_expected"),
        ("wrong unit", silent_rtu_unit, Step.UNIT, "no_reply"),
    ),
    *cases(
        "rtu",
        ("no adapter", line_without_adapter, Step.PORT, "serial_port_missing"),
        ("no serial port", line_that_is_a_file, Step.PORT, "serial_port_failed"),
        ("wrong unit", line_without_the_unit, Step.UNIT, "no_reply"),
    ),
    *cases(
        "opcua",
        ("wrong host", unknown_name(opcua), Step.NAME, "host_not_found"),
        ("closed port", closed_port(opcua), Step.PORT, "connection_refused"),
        ("wrong port", other_protocol(opcua), Step.PROTOCOL, "protocol_error"),
        ("TLS on the port", tls_on_port(opcua), Step.PROTOCOL, "tls_expected"),
        ("wrong certificate", unapproved_certificate, Step.CERTIFICATE, "certificate_unknown"),
        ("wrong password", wrong_opcua_password, Step.SIGN_IN, "sign_in_refused"),
    ),
    *cases(
        "mqtt",
        ("wrong host", unknown_name(mqtt), Step.NAME, "host_not_found"),
        ("closed port", closed_port(mqtt), Step.PORT, "connection_refused"),
        ("TLS on a plain port", tls_to_a_plain_broker, Step.CERTIFICATE, "tls_failed"),
        ("plain on a TLS port", plain_to_a_tls_broker, Step.PROTOCOL, "connection_not_accepted"),
        ("wrong certificate", untrusted_broker, Step.CERTIFICATE, "certificate_not_trusted"),
        ("wrong password", wrong_broker_password, Step.SIGN_IN, "sign_in_refused"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{each.where}, {each.mistake}" for each in CASES])
async def test_each_mistake_is_named_in_under_3_s(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_PASSWORD", "not the right one")
    async with case.world(tmp_path) as document:
        config = check_source(document)
        edge = tmp_path / "edge"
        context = ConnectorContext(clock=plant_clock(), folder=edge)
        connector = manifest_of(config.protocol).connector_class()(config, context)
        begin = monotonic_s()
        results = await connector.test()
        took_s = monotonic_s() - begin
    failed = [each for each in results if each.outcome is StepOutcome.FAILED]
    assert [(each.step, each.code) for each in failed] == [(case.step, case.code)]
    assert "not the right one" not in failed[0].message
    assert took_s < ANSWER_S


def test_no_two_mistakes_on_one_kind_of_link_have_the_same_code() -> None:
    said = [(case.where, case.code) for case in CASES]
    assert len(said) == len(set(said))
