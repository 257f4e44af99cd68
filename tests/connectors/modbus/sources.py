"""Short ways to write a Modbus source in a test."""

from __future__ import annotations

from typing import Any

from connectors.clock import PlantClock, real_now_us
from connectors.modbus.config import ModbusSource
from connectors.modbus.connector import ModbusConnector
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.links import LinkRegistry


def document(port: int, tags: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A source as a plant file has it; `tags` of type uint16 in holding registers by default."""
    return {
        "id": "press_plc",
        "protocol": "modbus",
        "link": {"transport": "tcp", "host": "127.0.0.1", "port": port},
        "timeout_ms": 200,
        "tags": [{"table": "holding", "type": "uint16", **tag} for tag in tags],
        **more,
    }


def source(port: int, tags: list[dict[str, Any]], **more: Any) -> ModbusSource:
    """The same, checked."""
    return ModbusSource.model_validate(document(port, tags, **more))


def connector(config: ModbusSource, links: LinkRegistry | None = None) -> ModbusConnector:
    """A connector on a plant clock that runs like real time."""
    clock = PlantClock.starting_at(real_now_us())
    return ModbusConnector(config, ConnectorContext(clock=clock, links=links or LinkRegistry()))


def tag(name: str, address: int, **more: Any) -> dict[str, Any]:
    """One tag of a source."""
    return {"name": name, "address": address, **more}
