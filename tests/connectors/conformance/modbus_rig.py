"""A Modbus TCP device on a raw socket that can be written, lost and frozen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from connectors.conformance import Mistake, Rig
from connectors.conformance.rig import Document
from connectors.sdk.messages import Value
from tests.connectors.conformance.documents import GONE, mistake
from tests.connectors.modbus.device import Device, Request, frame, serving

ABSENT = 900
WRITE_SINGLE = 6


class ModbusRig(Rig):
    """Registers 0 to 2; register 2 may be written."""

    protocol = "modbus"
    noticed_s = 5.0
    back_s = 10.0

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._device = Device(registers={0: 7, 1: 8, 2: 9}, refused={ABSENT}, fault=self._answer)
        self._frozen = False
        self._attempts = 0
        self._serving: AbstractAsyncContextManager[Device] | None = None

    async def start(self) -> None:
        self._serving = serving(self._device, self._device.port)
        await self._serving.__aenter__()

    async def stop(self) -> None:
        running, self._serving = self._serving, None
        if running is not None:
            await running.__aexit__(None, None, None)

    async def freeze(self) -> None:
        self._frozen = True

    async def thaw(self) -> None:
        self._frozen = False

    async def attempts(self) -> int:
        return self._attempts

    def written(self) -> tuple[str, Value]:
        return "setpoint", 55

    def document(self) -> Document:
        return {
            "id": "press",
            "protocol": "modbus",
            "link": {"transport": "tcp", "host": "127.0.0.1", "port": self._device.port},
            "timeout_ms": 300,
            "scan_ms": 50,
            "tags": [
                {"name": "state", "table": "holding", "address": 0, "type": "uint16"},
                {"name": "strokes", "table": "holding", "address": 1, "type": "uint16"},
                {"name": "setpoint", "table": "holding", "address": 2, "type": "uint16"},
            ],
        }

    def absent_tag(self) -> Document:
        return {"name": "absent", "table": "holding", "address": ABSENT, "type": "uint16"}

    def mistakes(self) -> Sequence[Mistake]:
        good = self.document()
        return [
            mistake(good, "link.transport", "udp"),
            mistake(good, "link.host", ""),
            mistake(good, "link.port", 0),
            mistake(good, "unit", 256),
            mistake(good, "address_base", 2),
            mistake(good, "max_registers", 126),
            mistake(good, "max_bits", 0),
            mistake(good, "max_gap", -1),
            mistake(good, "timeout_ms", 1),
            mistake(good, "scan_ms", "often"),
            mistake(good, "tags", []),
            mistake(good, "tags.0.table", "file"),
            mistake(good, "tags.0.address", 70_000),
            mistake(good, "tags.0.type", "int12"),
            mistake(good, "tags.0.type", GONE),
            mistake(good, "tags.0.order", "ABCD"),
            mistake(good, "tags.0.bit", 3),
            mistake(good, "tags.0.length", 3),
            mistake(good, "tags.0.encoding", "no-such"),
            mistake(good, "tags.0.scan_ms", 1),
            mistake(good, "tags.0.scale", "much"),
            mistake(good, "tags.0.valid_if", {"tag": "nobody", "value": 1}),
        ]

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Take writes, and say nothing at all while frozen."""
        if request.function == WRITE_SINGLE:
            self._attempts += 1
            value = request.count  # where a read has its count, a write has its value
            self._device.registers[request.address] = value
            body = bytes([WRITE_SINGLE]) + request.address.to_bytes(2) + value.to_bytes(2)
            if not self._frozen:
                writer.write(frame(request, body))
            return True
        return self._frozen
