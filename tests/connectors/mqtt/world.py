"""What the MQTT tests share: sources, connectors, messages, certificates."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.publish
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.clock import plant_clock
from connectors.mqtt.config import MqttSource
from connectors.mqtt.connector import MqttConnector
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.messages import Sample

JSON_TAGS = [
    {"name": "temp", "topic": "plant/press", "path": "values.temp", "unit": "C"},
    {"name": "second", "topic": "plant/press", "path": "values.list[1]"},
    {"name": "count", "topic": "plant/count"},
]
NODE_TAGS = [
    {"name": "temperature", "metric": "Temperature"},
    {"name": "count", "metric": "Count"},
    {"name": "strokes", "metric": "Strokes", "device": "press"},
    {"name": "running", "metric": "Running", "device": "press"},
    {"name": "absent", "metric": "Absent", "device": "press"},
]


def json_source(port: int, **more: Any) -> dict[str, Any]:
    """A source of plain JSON."""
    broker = {"host": "127.0.0.1", "port": port, **more.pop("broker", {})}
    return {"id": "cell", "protocol": "mqtt", "broker": broker, "tags": JSON_TAGS, **more}


def node_source(port: int, **more: Any) -> dict[str, Any]:
    """A source that is a Sparkplug node."""
    kind = {"payload": "sparkplug_b", "group": "Busan", "node": "cell-1", "tags": NODE_TAGS}
    return json_source(port, **{**kind, **more})


@asynccontextmanager
async def opened(document: dict[str, Any]) -> AsyncIterator[MqttConnector]:
    """An open connector."""
    connector = connector_of(document)
    try:
        await connector.open()
        yield connector
    finally:
        await connector.close()


def connector_of(document: dict[str, Any]) -> MqttConnector:
    """A connector that is not open."""
    context = ConnectorContext(clock=plant_clock())
    return MqttConnector(MqttSource.model_validate(document), context)


async def publish(port: int, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
    """One message that has arrived at the broker when this returns."""
    await asyncio.to_thread(
        paho.mqtt.publish.single,
        *(topic, payload),
        qos=1,
        retain=retain,
        hostname="127.0.0.1",
        port=port,
    )


async def next_of(connector: MqttConnector, *tags: str, seconds: float = 20.0) -> dict[str, Sample]:
    """The next sample of each of these tags."""
    found: dict[str, Sample] = {}
    async with asyncio.timeout(seconds):
        while not set(tags) <= found.keys():
            found |= {sample.tag: sample for sample in await connector.next_samples()}
    return found


async def sample_where(
    connector: MqttConnector, tag: str, fits: Callable[[Sample], bool], seconds: float = 20.0
) -> Sample:
    """The next sample of a tag that fits; a birth may be told twice before it."""
    async with asyncio.timeout(seconds):
        while True:
            for sample in await connector.next_samples():
                if sample.tag == tag and fits(sample):
                    return sample


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file
