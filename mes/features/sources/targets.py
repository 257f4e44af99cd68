"""Which device a source reads, so that none is read twice under two names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULT_PORTS: Mapping[str, int] = {"modbus": 502}
DEFAULT_UNIT = 1

Target = tuple[object, ...]


def target_of(source: Mapping[str, Any]) -> Target | None:
    """The device of a source as a plant file writes it; None when many may read the same.

    A broker is no device: it has any number of them behind it. A Modbus gateway has one for each
    unit. Host names are compared without case, and as they are written.
    """
    protocol = source.get("protocol")
    link = source.get("link")
    if isinstance(link, Mapping):
        unit = source.get("unit", DEFAULT_UNIT)
        if link.get("serial_port"):
            return protocol, str(link["serial_port"]), unit
        port = link.get("port", DEFAULT_PORTS.get(str(protocol)))
        return protocol, str(link.get("host", "")).lower(), port, unit
    if source.get("endpoint"):
        return protocol, str(source["endpoint"]).lower().rstrip("/")
    return None
