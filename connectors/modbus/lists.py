"""Register lists of Modbus devices: what differs from place to place, how addresses are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.modbus.addresses import DIGIT_OF, Place, place_of
from connectors.sdk.messages import Value
from connectors.sdk.register_lists import RegisterLists

_PARAMETERS: Sequence[Mapping[str, Any]] = [
    {
        "name": "transport",
        "label": {"ko": "전송 방식", "en": "Transport"},
        "default": "tcp",
        "choices": ["tcp", "rtu_over_tcp", "rtu"],
    },
    {
        "name": "host",
        "label": {"ko": "주소", "en": "Host"},
        "optional": True,
        "example": "192.168.0.10",
    },
    {
        "name": "port",
        "label": {"ko": "포트", "en": "Port"},
        "kind": "whole",
        "optional": True,
        "min": 1,
        "max": 65_535,
    },
    {
        "name": "serial_port",
        "label": {"ko": "직렬 포트", "en": "Serial port"},
        "optional": True,
    },
    {
        "name": "unit",
        "label": {"ko": "국번", "en": "Unit"},
        "kind": "whole",
        "default": 1,
        "min": 0,
        "max": 255,
    },
]
_SOURCE: Mapping[str, Any] = {
    "protocol": "modbus",
    "link": {
        "transport": "{transport}",
        "host": "{host}",
        "port": "{port}",
        "serial_port": "{serial_port}",
    },
    "unit": "{unit}",
}


def _read_place(address: str, table: str | None) -> Mapping[str, Value]:
    place = place_of(address, table)
    return {"table": place.table, "address": place.address}


def _show_place(tag: Mapping[str, Any]) -> str | None:
    """Both as on the wire and as manuals count."""
    if tag.get("table") not in DIGIT_OF or not isinstance(tag.get("address"), int):
        return None
    return str(Place(table=tag["table"], address=tag["address"]))


LISTS = RegisterLists(
    parameters=_PARAMETERS,
    source=_SOURCE,
    example={"protocol": "modbus", "link": {"transport": "tcp", "host": "example"}},
    read_place=_read_place,
    show_place=_show_place,
)
