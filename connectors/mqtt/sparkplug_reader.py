"""Reads the messages of one edge node of Sparkplug B. Pure apart from its memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connectors.mqtt.config import MqttSource
from connectors.mqtt.inbox import Message
from connectors.mqtt.sparkplug_node import NO_METRIC, NOT_BORN, Key, Kind, News, SparkplugNode
from connectors.mqtt.sparkplug_payload import Metric, decode, type_name
from connectors.mqtt.tags import Arrived, TagBook
from connectors.mqtt.wire import WireError
from connectors.sdk.capabilities import BrowsedNode, NodeKind
from connectors.sdk.messages import Quality, Sample

NAMESPACE = "spBv1.0"
REBORN_WAIT_US = 5_000_000
"""Plant time that devices have to be born again after their node."""
LATEST_US = 253_402_300_800_000_000
"""The end of the year 9999; what lies behind it is no time."""


class SparkplugReader:
    """Follows one node and its devices.

    Attributes:
        wants_rebirth: whether the node has to describe itself again.
        unreadable: messages that were none.
    """

    def __init__(self, config: MqttSource, book: TagBook) -> None:
        self._prefix = f"{NAMESPACE}/{config.group}/"
        self._name = config.node or ""
        self._book = book
        self._node = SparkplugNode()
        self._tags: dict[Key, list[str]] = {}
        for tag in config.tags:
            self._tags.setdefault((tag.device, tag.metric or ""), []).append(tag.name)
        self._born_us: int | None = None
        self.wants_rebirth = True
        self.unreadable = 0

    @property
    def topics(self) -> Sequence[str]:
        """One subscription for the node and its devices: two would bring some messages twice."""
        return [f"{self._prefix}+/{self._name}/#"]

    @property
    def command_topic(self) -> str:
        """The topic of commands to the node."""
        return f"{self._prefix}NCMD/{self._name}"

    def refused(self, _topic: str, now: int) -> list[Sample]:
        """The broker does not let us have the node's messages."""
        return self._book.lose(self._all_tags(), "topic_refused", now)

    def take(self, message: Message, now: int) -> list[Sample]:
        """The samples that follow from one message; a retained one may be of a node long dead.

        Births and deaths are never retained (specification 3.0, 6.4.19 and after).

        Args:
            now: plant time of its arrival, UTC microseconds.
        """
        kind, device = self._address(message.topic)
        if kind is None:
            return []
        if message.retained:
            return []
        if message.is_lost:
            return self._apply(self._node.missed(), None, now)
        try:
            payload = decode(message.payload)
        except WireError:
            self.unreadable += 1
            return self._apply(self._node.missed(), None, now)
        news = self._node.accept(kind, device, payload)
        if kind is Kind.NBIRTH:
            self._born_us = now
            self.wants_rebirth = False
        samples = self._apply(news, payload.time_us, now)
        if kind in (Kind.NBIRTH, Kind.DBIRTH):
            samples += self._absent(device, now)
        return samples

    def tick(self, now: int) -> list[Sample]:
        """Give up devices that were not born again after their node."""
        if self._born_us is None or now - self._born_us < REBORN_WAIT_US:
            return []
        self._born_us = None
        return self._apply(self._node.give_up(), None, now)

    def missing_reason(self) -> str:
        """Why a tag has no value yet."""
        return NO_METRIC if self._node.is_born else NOT_BORN

    def nodes(self) -> list[BrowsedNode]:
        """The metrics that are alive."""
        return [
            BrowsedNode(
                path=f"{device}/{name}" if device else name,
                kind=NodeKind.VARIABLE,
                address={"metric": name, "device": device} if device else {"metric": name},
                data_type=type_name(data_type),
            )
            for (device, name), data_type in self._node.metrics().items()
        ]

    def _address(self, topic: str) -> tuple[Kind | None, str | None]:
        parts = topic.removeprefix(self._prefix).split("/")
        if not topic.startswith(self._prefix) or len(parts) not in (2, 3) or parts[0] not in _KINDS:
            return None, None
        kind = Kind(parts[0])
        has_device = len(parts) == len(("kind", "node", "device"))
        if parts[1] != self._name or has_device != kind.startswith("D"):
            return None, None
        return kind, parts[2] if has_device else None

    def _apply(self, news: News, message_us: int | None, now: int) -> list[Sample]:
        self.wants_rebirth = self.wants_rebirth or news.wants_rebirth
        samples: list[Sample] = []
        for device in news.lost:
            names = self._tags_of(device)
            samples += self._book.lose(names, news.reason or NOT_BORN, now)
        for key, metric, data_type in news.values:
            for name in self._tags.get(key, ()):
                arrived = _arrived(metric, data_type, message_us, now)
                samples += self._book.take(name, arrived)
        return samples

    def _absent(self, device: str | None, now: int) -> list[Sample]:
        """The tags of a device whose birth does not name them."""
        alive = self._node.metrics()
        names = [n for key, each in self._tags.items() if key not in alive for n in each]
        own = set(self._tags_of(device))
        return self._book.lose([name for name in names if name in own], NO_METRIC, now)

    def _tags_of(self, device: str | None) -> list[str]:
        return [name for key, names in self._tags.items() if key[0] == device for name in names]

    def _all_tags(self) -> Iterable[str]:
        return [name for names in self._tags.values() for name in names]


_KINDS = frozenset(kind.value for kind in Kind)


def _arrived(metric: Metric, data_type: int | None, message_us: int | None, now: int) -> Arrived:
    grade = metric.grade if metric.is_readable else Quality.BAD
    reason = None if grade is Quality.GOOD else f"sender_says_{grade.name.lower()}"
    time_us = message_us if metric.time_us is None else metric.time_us
    return Arrived(
        value=None if metric.is_null else metric.value(data_type),
        grade=grade,
        reason=reason if metric.is_readable else "type_not_supported",
        source_time=time_us if time_us is None or time_us < LATEST_US else None,
        received_time=now,
        historical=metric.is_historical,
    )
