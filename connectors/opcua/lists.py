"""Lists of nodes of OPC UA servers: what differs from place to place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sdk.register_lists import RegisterLists

_PARAMETERS: Sequence[Mapping[str, Any]] = [
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
]
_SOURCE: Mapping[str, Any] = {
    "protocol": "opcua",
    "endpoint": "{endpoint}",
    "security": {"policy": "{policy}", "mode": "{mode}"},
    "allow_insecure": "{allow_insecure}",
}

LISTS = RegisterLists(
    parameters=_PARAMETERS,
    source=_SOURCE,
    example={
        "protocol": "opcua",
        "endpoint": "opc.tcp://example:4840",
        "security": {"policy": "basic256sha256", "mode": "sign_and_encrypt"},
    },
)
