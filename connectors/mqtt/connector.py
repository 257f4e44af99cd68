"""The MQTT connector: plain JSON by topic and path, or one edge node of Sparkplug B.

Supported: MQTT 3.1.1 and 5, TLS, user and password; source time, quality and retained messages of
JSON; births, deaths, aliases, sequence, rebirth request and historical values of Sparkplug B. It
publishes nothing but the rebirth request. Not read: data sets, templates, bytes; STATE of a host.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.clock import monotonic_s
from connectors.mqtt.browse import listen, topic_filters
from connectors.mqtt.client import BrokerConnection
from connectors.mqtt.config import MqttSource, PayloadFormat
from connectors.mqtt.json_reader import JsonReader
from connectors.mqtt.silence import SILENT, Silence
from connectors.mqtt.sparkplug_node import NO_METRIC
from connectors.mqtt.sparkplug_payload import rebirth_command
from connectors.mqtt.sparkplug_reader import SparkplugReader
from connectors.mqtt.tags import TagBook
from connectors.sdk.capabilities import Browsed, BrowsedNode, Browsing, FrameLogging
from connectors.sdk.connector import ConnectorContext, PushConnector
from connectors.sdk.errors import Unavailable
from connectors.sdk.frames import FrameLog
from connectors.sdk.messages import ErrorClass, Reading, Sample
from connectors.sdk.patterns import path_matcher
from connectors.sdk.steps import Step

ALIVE_S = 0.5
FIRST_VALUES_S = 1.0
DEVICES_BORN_S = 3.0
BROWSE_S = 2.0
REBIRTH_PAUSE_S = 5.0
QOS = 1
NO_MESSAGE = "no_message_yet"


class MqttConnector(PushConnector, Browsing, FrameLogging):
    """Listens to one broker for one source."""

    test_steps = (
        Step.NAME,
        Step.PORT,
        Step.CERTIFICATE,
        Step.PROTOCOL,
        Step.SIGN_IN,
        Step.REGISTER,
        Step.VALUE,
    )
    register_reasons = ("topic_", "path_", "metric_")
    longest_retry_s = 2.0

    def __init__(self, config: MqttSource, context: ConnectorContext) -> None:
        super().__init__(config, context)
        self.config = config
        self.open_timeout_s = 2 + 3 * config.broker.timeout_ms / 1000
        self._book = TagBook(config.tags)
        self._silence = Silence(config.tags)
        self._reader: JsonReader | SparkplugReader = self._new_reader()
        self._frames = FrameLog()
        self._unreadable_topics = 0
        self._connection: BrokerConnection | None = None
        self._asked_rebirth_at: float | None = None
        self._last_message_us: int | None = None
        self._covered: int | None = None

    async def open(self) -> None:
        """Connect with a new client and ask for every topic."""
        await self.close()
        self._book.forget()
        self._reader = self._new_reader()
        self._asked_rebirth_at = self._last_message_us = None
        now = self.context.clock.now_us()
        self._silence.begin(now)
        self._connection = BrokerConnection(self.config.broker, self._frames)
        await self._connection.open()
        self.context.counters.requests += 1
        for topic in await self._connection.subscribe(self._reader.topics, QOS):
            self.context.counters.count_error(ErrorClass.REFUSED)
            self._reader.refused(topic, now)
        self._ask_rebirth()

    async def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def read_all(self) -> Reading:
        """The newest value of every tag, after a moment for what a broker has kept."""
        begun = monotonic_s()
        await self._hear(0.0)
        while self._has_gaps() and (left_s := begun + self._first_wait_s() - monotonic_s()) > 0:
            await self._hear(left_s)
        now = self.context.clock.now_us()
        samples = self._book.all(now, self._missing_reason())
        self._covered = now
        failed, reason = self.failing
        return Reading(samples=samples, read_at=now, failed=failed, reason=reason)

    async def next_samples(self) -> Sequence[Sample]:
        """What arrived since the last call, and the tags that fell silent."""
        samples = await self._hear(ALIVE_S)
        now = self.context.clock.now_us()
        if isinstance(self._reader, SparkplugReader):
            samples += self._reader.tick(now)
        samples += self._book.lose(self._silence.fallen(now), SILENT, now)
        self._ask_rebirth()
        self._covered = now
        return samples

    @property
    def covered_until(self) -> int | None:
        """As far back as a broker that has just died could have been silent without our notice."""
        if self._covered is None:
            return None
        unnoticed_s = 2 * self.config.broker.keep_alive_s + 1
        behind_us = int(unnoticed_s * float(self.context.clock.speed) * 1_000_000)
        return max(self._covered - behind_us, self._last_message_us or 0)

    @property
    def failing(self) -> tuple[int, str | None]:
        """How many tags are bad at present, and why the first of them is."""
        return self._book.failing(self._missing_reason())

    @property
    def frame_log(self) -> FrameLog:
        """The messages by topic and size."""
        return self._frames

    async def browse(self, pattern: str, limit: int) -> Browsed:
        """The metrics of the node, or what the broker tells in two seconds of the topics."""
        matches = path_matcher(pattern)
        if isinstance(self._reader, SparkplugReader):
            found: Sequence[BrowsedNode] = await self._described(self._reader)
        else:
            found = await listen(self.config.broker, topic_filters(pattern), limit)
        nodes = sorted((node for node in found if matches(node.path)), key=lambda node: node.path)
        return Browsed(nodes=nodes[:limit], is_complete=len(nodes) <= limit)

    def diagnostics(self) -> Mapping[str, object]:
        """What was heard and what was not understood."""
        facts: dict[str, object] = {
            "connected": self._connection is not None and self._connection.is_up,
            "last_message_us": self._last_message_us,
            "unreadable_topics": self._unreadable_topics,
        }
        if isinstance(self._reader, SparkplugReader):
            facts["wants_rebirth"] = self._reader.wants_rebirth
            facts["unreadable_messages"] = self._reader.unreadable
        return facts

    def _new_reader(self) -> JsonReader | SparkplugReader:
        is_sparkplug = self.config.payload is PayloadFormat.SPARKPLUG_B
        return (SparkplugReader if is_sparkplug else JsonReader)(self.config, self._book)

    async def _hear(self, wait_s: float) -> list[Sample]:
        connection = self._connection
        if connection is None:
            raise Unavailable("connection_lost", "the connector is closed")
        samples: list[Sample] = []
        counters = self.context.counters
        for message in await connection.take(wait_s):
            now = self._last_message_us = self.context.clock.now_us()
            counters.bytes += len(message.payload)
            fresh = self._reader.take(message, now)
            self._silence.heard(fresh, retained=message.retained)
            samples += fresh
        counters.dropped += connection.take_dropped()
        unreadable = connection.take_unreadable()
        counters.skipped += unreadable
        self._unreadable_topics += unreadable
        return samples

    async def _described(self, reader: SparkplugReader) -> Sequence[BrowsedNode]:
        """The metrics of the node; one that is describing itself is given a moment."""
        end = monotonic_s() + BROWSE_S
        await self._hear(ALIVE_S)
        while not reader.nodes() and (left_s := end - monotonic_s()) > 0:
            await self._hear(min(ALIVE_S, left_s))
        return reader.nodes()

    def _ask_rebirth(self) -> None:
        """Ask the node to describe itself, at most once in five seconds."""
        reader, connection = self._reader, self._connection
        if connection is None or not isinstance(reader, SparkplugReader):
            return
        if not (reader.wants_rebirth and self.config.request_rebirth):
            return
        last = self._asked_rebirth_at
        if last is None or monotonic_s() - last >= REBIRTH_PAUSE_S:
            self._asked_rebirth_at = monotonic_s()
            self.context.counters.requests += 1
            command = rebirth_command(self.context.clock.now_us())
            connection.publish(reader.command_topic, command)

    def _first_wait_s(self) -> float:
        """A node that was born and whose devices were not yet is given longer."""
        reader = self._reader
        is_born = isinstance(reader, SparkplugReader) and reader.missing_reason() == NO_METRIC
        return DEVICES_BORN_S if is_born else FIRST_VALUES_S

    def _has_gaps(self) -> bool:
        return any(self._book.last(tag.name) is None for tag in self.config.tags)

    def _missing_reason(self) -> str:
        reader = self._reader
        return reader.missing_reason() if isinstance(reader, SparkplugReader) else NO_MESSAGE
