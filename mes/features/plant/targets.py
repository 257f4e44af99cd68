"""Which device a source reads, so that none is read twice under two names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mes.features.plant.repair import Path, Problem

DEFAULT_PORTS: Mapping[str, int] = {"modbus": 502}
DEFAULT_UNIT = 1

Target = tuple[object, ...]


def target_of(source: Mapping[str, Any]) -> Target | None:
    """The device of a source as a plant file writes it; None when many may read the same.

    A broker is no device: it has any number of them behind it. A Modbus gateway has one for each
    unit. Host names are compared without case, and as they are written.
    """
    protocol = str(source.get("protocol"))
    link = source.get("link")
    if isinstance(link, Mapping):
        unit = str(source.get("unit", DEFAULT_UNIT))
        if link.get("serial_port"):
            return protocol, str(link["serial_port"]), unit
        port = str(link.get("port", DEFAULT_PORTS.get(str(protocol))))
        host = str(link.get("host") or "").lower()
        return (protocol, host, port, unit) if host else None
    if source.get("endpoint"):
        return protocol, str(source["endpoint"]).lower().rstrip("/")
    return None


def target_problems(sources: Sequence[object]) -> Iterator[Problem]:
    """Every source that reads a device which one before it reads already, at its address."""
    first: dict[Target, tuple[int, object]] = {}
    for index, source in enumerate(sources):
        target = target_of(source) if isinstance(source, Mapping) else None
        if target is None or not isinstance(source, Mapping):
            continue
        other, code = first.setdefault(target, (index, source.get("id")))
        if other != index:
            path: Path = ("sources", index, "link" if "link" in source else "endpoint")
            words = f"source {code!r} reads this device already; add the tags to that one"
            yield path, "source_target_taken", words
