"""A publisher of plain JSON whose every value says which tag of which device it is, and when."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from connectors.clock import PlantClock, monotonic_s
from tests.faults.ticking_device import TAGS, tick_at, value_of

TOPIC = "plant/day"
GARBAGE = (
    b"",
    b"{",
    b"\xff\xfe\x00",
    b"[" * 5000,
    b"null",
    b"[1, 2]",
    b'{"at": "yesterday", "t0": 7, "t1": 7}',
    b'{"t0": 7, "t1": 7, "t2": 7, "t3": 7}',
    b'{"at": 1e999, "t0": 7}',
    b'{"at": -5, "t0": NaN, "t1": Infinity, "t2": 1e999, "t3": null}',
    b'{"at": true, "t0": [7], "t1": {"t1": 7}, "t2": ' + b"9" * 5000 + b"}",
)
"""Messages that hold no value that could be believed: none has a time that is one."""


class TickingTopic:
    """Publishes all tags of one device in one message, again and again.

    Attributes:
        is_silent: nothing is published for now.
    """

    def __init__(self, number: int, port: int, clock: PlantClock) -> None:
        self.is_silent = False
        self._number = number
        self._clock = clock
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect_async("127.0.0.1", port, keepalive=4)

    def message(self) -> bytes:
        """All tags of this moment."""
        at_us, tick = self._clock.now_us(), tick_at(monotonic_s())
        values = {f"t{tag}": value_of(self._number, tag, tick) for tag in range(TAGS)}
        return json.dumps({"at": at_us, **values}).encode()

    def say(self, payload: bytes) -> None:
        """Publish; what is said without a connection is lost."""
        self._client.publish(TOPIC, payload, qos=0)

    async def run(self, every_s: float) -> None:
        """Publish at a steady pace until cancelled."""
        self._client.loop_start()
        try:
            due = monotonic_s()
            while True:
                if not self.is_silent:
                    self.say(self.message())
                due = max(due + every_s, monotonic_s())
                await asyncio.sleep(due - monotonic_s())
        finally:
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)


@asynccontextmanager
async def publishing(topic: TickingTopic, every_s: float) -> AsyncIterator[TickingTopic]:
    """Publish until left."""
    task = asyncio.create_task(topic.run(every_s))
    try:
        yield topic
    finally:
        task.cancel()
        await asyncio.wait([task])
