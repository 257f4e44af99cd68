"""Reads messages that are JSON or one plain value. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from connectors.mqtt.config import MqttSource, MqttTag, TimeFormat
from connectors.mqtt.inbox import Message
from connectors.mqtt.json_path import follow, parse_path
from connectors.mqtt.silence import SILENT
from connectors.mqtt.tags import MESSAGE_LOST, Arrived, TagBook
from connectors.sdk.capabilities import BrowsedNode, NodeKind
from connectors.sdk.messages import Quality, Sample, Value

MICROSECONDS = {
    TimeFormat.SECONDS: 1_000_000,
    TimeFormat.MILLISECONDS: 1_000,
    TimeFormat.MICROSECONDS: 1,
}
LATEST_US = 253_402_300_800_000_000
"""The end of the year 9999; what lies behind it is no time."""
LARGEST_WHOLE = 1 << 64
"""No machine counts further; a longer number is none that anybody could keep."""
RETAINED = "retained"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class JsonReader:
    """Finds the tags of each topic in its messages."""

    def __init__(self, config: MqttSource, book: TagBook) -> None:
        self._config = config
        self._book = book
        self._by_topic: dict[str, list[MqttTag]] = {}
        for tag in config.tags:
            self._by_topic.setdefault(tag.topic or "", []).append(tag)

    @property
    def topics(self) -> Sequence[str]:
        """The topics to ask for."""
        return list(self._by_topic)

    def refused(self, topic: str, now: int) -> list[Sample]:
        """The broker does not let us have a topic."""
        names = [tag.name for tag in self._by_topic.get(topic, ())]
        return self._book.lose(names, "topic_refused", now)

    def take(self, message: Message, now: int) -> list[Sample]:
        """The samples of one message; what it does not hold is bad, what it repeats is told again.

        Args:
            now: plant time of its arrival, UTC microseconds.
        """
        tags = self._by_topic.get(message.topic, ())
        if message.is_lost:
            return self._book.lose([tag.name for tag in tags], MESSAGE_LOST, now)
        try:
            document = json.loads(message.payload)
        except ValueError:
            document = _plain_text(message.payload)
        except RecursionError:
            document = None
        samples: list[Sample] = []
        for tag in tags:
            samples += self._book.take(tag.name, self._arrived(tag, document, message, now))
        return samples

    def _arrived(self, tag: MqttTag, document: object, message: Message, now: int) -> Arrived:
        value, reason = _value(document, tag.path)
        grade = Quality.GOOD if reason is None else Quality.BAD
        source_time: int | None = None
        time_path = tag.time_path or self._config.time_path
        if time_path is not None and reason is None:
            source_time = _instant(document, time_path, self._config.time_format)
            if source_time is None:
                grade, reason = Quality.UNCERTAIN, "time_unreadable"
        if self._config.quality_path is not None and grade is not Quality.BAD:
            said = self._config.quality_of(_word(document, self._config.quality_path))
            if said > grade:
                grade, reason = said, f"sender_says_{said.name.lower()}"
        if message.retained and grade is Quality.GOOD and not self._config.trust_retained:
            grade, reason = _of_retained(tag, source_time, now)
        return Arrived(
            value=value,
            grade=grade,
            reason=reason,
            source_time=source_time,
            received_time=now,
        )


def nodes_of(topic: str, payload: bytes) -> list[BrowsedNode]:
    """What a message offers: one node for each value in it, below the path of its topic."""
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        document = _plain_text(payload)
    found: list[BrowsedNode] = []
    waiting: list[tuple[str, object]] = [("", document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            inner = [(key, v) for key, v in value.items() if _is_text(key)]
            waiting += [(f"{path}.{key}" if path else key, v) for key, v in inner]
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", inner) for index, inner in enumerate(value)]
        else:
            found.append(_node(topic, path, value))
    return found


def _of_retained(tag: MqttTag, source_time: int | None, now: int) -> tuple[Quality, str | None]:
    """How far a kept value counts: only its own time and the tag's longest silence say how long."""
    if source_time is None or tag.max_silence_s is None:
        return Quality.UNCERTAIN, RETAINED
    is_old = now - source_time > tag.max_silence_s * MICROSECONDS[TimeFormat.SECONDS]
    return (Quality.BAD, SILENT) if is_old else (Quality.GOOD, None)


def _node(topic: str, path: str, value: object) -> BrowsedNode:
    address: dict[str, Value] = {"topic": topic, "path": path} if path else {"topic": topic}
    return BrowsedNode(
        path=f"{topic}/{path}" if path else topic,
        kind=NodeKind.VARIABLE,
        address=address,
        data_type=type(value).__name__,
    )


def _value(document: object, path: str | None) -> tuple[Value, str | None]:
    try:
        found = document if path is None else follow(document, parse_path(path))
    except LookupError:
        return None, "path_not_found"
    if isinstance(found, float) and not math.isfinite(found):
        return None, "not_a_number"
    if isinstance(found, int) and abs(found) >= LARGEST_WHOLE:
        return None, "out_of_range"
    if isinstance(found, str) and not _is_text(found):
        return None, "invalid_text"
    if isinstance(found, bool | int | float | str):
        return found, None
    return None, "no_value" if found is None else "type_not_supported"


def _is_text(found: str) -> bool:
    """Whether it can be written down: JSON may name halves of characters, which nobody can keep."""
    try:
        found.encode()
    except UnicodeEncodeError:
        return False
    return True


def _word(document: object, path: str) -> str:
    value, reason = _value(document, path)
    if reason is not None:
        return reason
    return str(value).lower() if isinstance(value, bool) else str(value)


def _instant(document: object, path: str, form: TimeFormat) -> int | None:
    value, _ = _value(document, path)
    try:
        if form is TimeFormat.ISO:
            instant = datetime.fromisoformat(str(value))
            if instant.tzinfo is None:
                return None
            micros = (instant - _EPOCH) // timedelta(microseconds=1)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            return None
        else:
            micros = int(value * MICROSECONDS[form])
    except (ValueError, OverflowError):
        return None
    return micros if 0 <= micros < LATEST_US else None


def _plain_text(payload: bytes) -> object:
    """A message that is no JSON is its own text; None when it is empty or no text either."""
    try:
        return payload.decode() or None
    except UnicodeDecodeError:
        return None
