"""Plain JSON by a NATS server, which is stopped, frozen and started as a process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import paho.mqtt.publish

from connectors.conformance import Mistake, Rig
from connectors.conformance.rig import Document
from mes.ports import free_port
from tests.connectors.conformance.documents import GONE, mistake
from tests.connectors.mqtt.broker import BrokerProcess

USER, PASSWORD = "edge", "broker-s3cret"
PRESS = json.dumps({"temp": 21.5, "run": True})


class MqttRig(Rig):
    """Three tags of two topics, with a password."""

    protocol = "mqtt"
    secrets: ClassVar[Mapping[str, str]] = {"BROKER_PASSWORD": PASSWORD}
    noticed_s = 10.0
    back_s = 15.0

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        login = {"authorization": {"user": USER, "password": PASSWORD}}
        place = folder / "broker"
        place.mkdir()
        self._broker = BrokerProcess(folder=place, port=free_port(), options=login)

    async def start(self) -> None:
        await self._broker.start()
        await self.speak()

    async def stop(self) -> None:
        await self._broker.stop()

    async def freeze(self) -> None:
        self._broker.freeze()

    async def thaw(self) -> None:
        self._broker.thaw()

    async def speak(self) -> None:
        await asyncio.to_thread(
            paho.mqtt.publish.multiple,
            [("plant/press", PRESS, 1, True), ("plant/count", "12", 1, True)],
            hostname="127.0.0.1",
            port=self._broker.port,
            auth={"username": USER, "password": PASSWORD},
        )

    def document(self) -> Document:
        return {
            "id": "cell",
            "protocol": "mqtt",
            "broker": {
                "host": "127.0.0.1",
                "port": self._broker.port,
                "user": USER,
                "password": "env:BROKER_PASSWORD",
                "allow_insecure": True,
                "keep_alive_s": 2,
                "timeout_ms": 1000,
            },
            "tags": [
                {"name": "temp", "topic": "plant/press", "path": "temp"},
                {"name": "run", "topic": "plant/press", "path": "run"},
                {"name": "count", "topic": "plant/count"},
            ],
        }

    def absent_tag(self) -> Document:
        return {"name": "absent", "topic": "plant/press", "path": "nowhere"}

    def mistakes(self) -> Sequence[Mistake]:
        good = self.document()
        return [
            mistake(good, "broker", GONE),
            mistake(good, "broker.host", ""),
            mistake(good, "broker.port", 70_000),
            mistake(good, "broker.version", "4"),
            mistake(good, "broker.tls", {"cert_file": "c"}, "broker.tls.key_file"),
            mistake(good, "broker.password", "plain"),
            mistake(good, "broker.allow_insecure", False, "broker.password"),
            mistake(good, "broker.user", GONE),
            mistake(good, "broker.keep_alive_s", 0),
            mistake(good, "broker.timeout_ms", "soon"),
            mistake(good, "payload", "xml"),
            mistake(good, "time_path", "a..b"),
            mistake(good, "time_format", "minutes"),
            mistake(good, "quality_values", {"ok": "fine"}, "quality_values.ok"),
            mistake(good, "group", "g"),
            mistake(good, "tags", []),
            mistake(good, "tags.0.name", "with space"),
            mistake(good, "tags.1.name", "temp"),
            mistake(good, "tags.0.topic", "plant/#"),
            mistake(good, "tags.0.path", "[x]"),
            mistake(good, "tags.0.metric", "m"),
            mistake(good, "tags.0.max_silence_s", 0),
        ]
