"""What differs from place to place for a template that is made of a register list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MODBUS: Mapping[str, Any] = {
    "parameters": [
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
    ],
    "source": {
        "protocol": "modbus",
        "link": {
            "transport": "{transport}",
            "host": "{host}",
            "port": "{port}",
            "serial_port": "{serial_port}",
        },
        "unit": "{unit}",
    },
}
_OPCUA: Mapping[str, Any] = {
    "parameters": [
        {
            "name": "endpoint",
            "label": {"ko": "서버 주소", "en": "Endpoint"},
            "example": "opc.tcp://192.168.0.20:4840",
        },
        {
            "name": "policy",
            "label": {"ko": "보안 정책", "en": "Security policy"},
            "default": "basic256sha256",
        },
        {
            "name": "mode",
            "label": {"ko": "보안 방식", "en": "Security mode"},
            "default": "sign_and_encrypt",
            "choices": ["none", "sign", "sign_and_encrypt"],
        },
        {
            "name": "allow_insecure",
            "label": {"ko": "보호되지 않은 연결 허용", "en": "Allow an unprotected channel"},
            "kind": "yes_no",
            "default": False,
        },
    ],
    "source": {
        "protocol": "opcua",
        "endpoint": "{endpoint}",
        "security": {"policy": "{policy}", "mode": "{mode}"},
        "allow_insecure": "{allow_insecure}",
    },
}
PLACES: Mapping[str, Mapping[str, Any]] = {"modbus": _MODBUS, "opcua": _OPCUA}
"""By protocol: the parameters and the source of a template."""

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "modbus": {"protocol": "modbus", "link": {"transport": "tcp", "host": "example"}},
    "opcua": {
        "protocol": "opcua",
        "endpoint": "opc.tcp://example:4840",
        "security": {"policy": "basic256sha256", "mode": "sign_and_encrypt"},
    },
}
"""By protocol: a source without tags, for checking a list of them."""
