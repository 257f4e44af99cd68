"""From what a server reports to samples: status to quality, types to plain values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isfinite

from connectors.opcua.config import OpcuaTag
from connectors.opcua.failures import status_name
from connectors.opcua.notifications import Batch, Notification
from connectors.sdk.conversion import Conversion, Outcome, bad, later_time
from connectors.sdk.dependence import Dependence
from connectors.sdk.messages import Quality, Sample, SampleRow, Value, samples_of

SEVERITY_SHIFT = 30
OVERFLOW = 0x480
"""InfoType DataValue with the bit Overflow: the server's own queue ran over (OPC 10000-4, 7.38)."""
CODE = 0xFFFF0000
NODE_GONE = frozenset({0x80340000, 0x80330000})
"""BadNodeIdUnknown and BadNodeIdInvalid."""
LARGEST_TEXT = 1000
NUMBERS = (int, float)


class ValueConverter:
    """Converts the notifications of one source.

    Attributes:
        overflows: how often the server itself said that it had lost values of an item.
        gone: items whose node is no longer there, with the status; the reader clears it.
    """

    def __init__(
        self,
        tags_by_handle: Mapping[int, Sequence[OpcuaTag]],
        places: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        """Prepare the conversion of every tag.

        Args:
            places: handles of the tags that stand in several places, the preferred one first.
        """
        self._places = places or {}
        self._said: dict[str, dict[int, Notification]] = {}
        self.overflows = 0
        self.gone: dict[int, str] = {}
        self._tags = {handle: [tag.name for tag in tags] for handle, tags in tags_by_handle.items()}
        every = [tag for tags in tags_by_handle.values() for tag in tags]
        self._units = {tag.name: tag.unit for tag in every}
        self._conversions = {tag.name: Conversion(tag) for tag in every}
        self._parts = {
            tag.name: (tag.index, tag.field)
            for tag in every
            if tag.index is not None or tag.field is not None
        }
        self._dependence = Dependence({tag.name: tag.needs for tag in every})
        self._needed = self._dependence.needed
        self._values: dict[str, tuple[Value, Quality]] = {}
        self._last: dict[str, Notification] = {}
        self._plain = {
            handle: (tags[0].name, tags[0].unit)
            for handle, tags in tags_by_handle.items()
            if len(tags) == 1 and self._is_plain(tags[0].name)
        }

    def forget(self) -> None:
        """Forget all values, before the first reading of a new session."""
        self._values.clear()
        self._last.clear()
        self._said.clear()
        self.gone.clear()
        self.overflows = 0

    def samples(self, batches: Sequence[Batch]) -> list[Sample]:
        """Samples of all notifications, in their order."""
        rows: list[SampleRow] = []
        plain, good = self._plain, Quality.GOOD
        for received_time, notifications in batches:
            for notification in notifications:
                handle, value, status, time = notification
                known = plain.get(handle)
                if known is not None and status == 0:
                    kind = type(value)
                    if kind is bool or (kind in NUMBERS and isfinite(value)):
                        name, unit = known
                        row = (name, value, good, received_time, None, unit, time, False)
                        rows.append(row)
                        continue
                rows += self._any(notification, received_time)
        return samples_of(rows)

    def historical(self, batches: Sequence[Batch]) -> list[Sample]:
        """Samples of what the server kept; the present values of other tags are not theirs."""
        return [
            self._sample(name, self._kept(name, notification), notification.source_time, at, True)
            for at, notifications in batches
            for notification in notifications
            for name in self._tags.get(notification.handle, ())
        ]

    def lookup(self, tag: str) -> tuple[Value, Quality] | None:
        """Value and quality of a tag that others depend on; None when it is not known."""
        return self._values.get(tag)

    def one(self, tag: str, notification: Notification, received_time: int) -> Sample:
        """The sample of one tag for a notification of its node."""
        outcome = self._outcome(tag, notification)
        return self._sample(tag, outcome, notification.source_time, received_time, False)

    def missing(self, handle: int, reason: str, received_time: int) -> list[Sample]:
        """A bad sample for each tag of a node that cannot be read, and that no other place says."""
        return [
            self._sample(name, bad(reason), None, received_time, False)
            for name in self._tags[handle]
            if name not in self._said
        ]

    def _is_plain(self, name: str) -> bool:
        is_whole = name not in self._parts and name not in self._places
        return is_whole and self._conversions[name].is_plain and name not in self._needed

    def _any(self, notification: Notification, received_time: int) -> list[SampleRow]:
        rows: list[SampleRow] = []
        changed: set[str] = set()
        if notification.status & OVERFLOW == OVERFLOW:
            self.overflows += 1
        if notification.status & CODE in NODE_GONE:
            self.gone[notification.handle] = status_name(notification.status)
        for name in self._tags.get(notification.handle, ()):
            said = self._preferred(name, notification) if name in self._places else notification
            conversion = self._conversions[name]
            changed.update(self._dependence.following(name))
            if conversion.depends_on:
                self._last[name] = said
                changed.add(name)
                continue
            outcome = self._outcome(name, said)
            if name in self._needed:
                self._values[name] = outcome[:2]
            rows.append(self._sample(name, outcome, said.source_time, received_time, False))
        return rows + self._changed(changed, notification.source_time, received_time)

    def _preferred(self, name: str, notification: Notification) -> Notification:
        """What the first place says that has a value now; the first one's word if none has."""
        said = self._said.setdefault(name, {})
        said[notification.handle] = notification
        present = [said[handle] for handle in self._places[name] if handle in said]
        return next((each for each in present if self._has_value(name, each)), present[0])

    def _has_value(self, name: str, notification: Notification) -> bool:
        if notification.status >> SEVERITY_SHIFT >= Quality.BAD:
            return False
        return plain_value(self._part(name, notification))[1] is None

    def _changed(self, names: set[str], said_at: int | None, received_time: int) -> list[SampleRow]:
        """Tags whose value depends on another one that has just come, and changes only now."""
        rows: list[SampleRow] = []
        for name in self._dependence.in_order(names & self._last.keys()):
            notification = self._last[name]
            outcome = self._outcome(name, notification)
            if name in self._needed:
                self._values[name] = outcome[:2]
            time = later_time(notification.source_time, said_at)
            rows.append(self._sample(name, outcome, time, received_time, False))
        return rows

    def _kept(self, name: str, notification: Notification) -> Outcome:
        conversion = self._conversions[name]
        if conversion.depends_on:
            return bad(f"depends_on:{conversion.depends_on[0]}")
        return self._outcome(name, notification)

    def _outcome(self, name: str, notification: Notification) -> Outcome:
        status = notification.status
        severity = status >> SEVERITY_SHIFT
        if severity >= Quality.BAD:
            return bad(status_name(status))
        value, problem = plain_value(self._part(name, notification))
        if problem is not None:
            return bad(problem)
        converted = self._conversions[name](value, self._values.get)
        if severity == Quality.UNCERTAIN and converted[1] is Quality.GOOD:
            return converted[0], Quality.UNCERTAIN, status_name(status)
        return converted

    def _part(self, name: str, notification: Notification) -> object:
        part = self._parts.get(name)
        return notification.value if part is None else part_of(notification.value, *part)

    def _sample(
        self,
        name: str,
        outcome: Outcome,
        source_time: int | None,
        received_time: int,
        historical: bool,
    ) -> Sample:
        value, quality, reason = outcome
        return Sample(
            tag=name,
            value=value,
            quality=quality,
            reason=reason,
            unit=self._units[name],
            source_time=source_time,
            received_time=received_time,
            historical=historical,
        )


def part_of(value: object, index: int | None, field: str | None) -> object:
    """One element of a list, one field of a structure, or both; None when it is not there."""
    if index is not None:
        if not isinstance(value, list) or index >= len(value):
            return None
        value = value[index]
    for name in field.split(".") if field is not None else ():
        value = getattr(value, name, None)
    return value


def plain_value(value: object) -> tuple[Value, str | None]:
    """The value as a number, text or truth; a reason when it is none of these."""
    if isinstance(value, bool | int | float):
        return value, None
    if isinstance(value, str):
        return (value, None) if len(value) <= LARGEST_TEXT else (None, "too_long")
    if isinstance(value, datetime):
        return value.isoformat(), None
    text = getattr(value, "Text", None)
    if isinstance(text, str):
        return (text, None) if len(text) <= LARGEST_TEXT else (None, "too_long")
    return None, "no_value" if value is None else "type_not_supported"


def plain_sample(name: str, notification: Notification, received_time: int) -> Sample:
    """A value without any conversion, for a person who looks at an unknown server."""
    status = notification.status
    quality = Quality(min(status >> SEVERITY_SHIFT, Quality.BAD))
    value, problem = plain_value(notification.value)
    reason = problem if quality is Quality.GOOD else status_name(status)
    if quality is Quality.BAD or problem is not None:
        value, quality = None, Quality.BAD
    return Sample(
        tag=name,
        value=value,
        quality=quality,
        reason=reason,
        received_time=received_time,
        source_time=notification.source_time,
    )
