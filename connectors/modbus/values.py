"""From the bytes of replies to samples: what changed, converted, with values of other tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from math import isfinite

from connectors.modbus.blocks import BlockState, TagReader
from connectors.modbus.config import ModbusTag
from connectors.modbus.decoder import Raw
from connectors.sdk.conversion import Outcome, bad
from connectors.sdk.dependence import Dependence
from connectors.sdk.messages import Quality, Sample, Value


class TagValues:
    """The tags of one source with the values that other tags' conversions need.

    Attributes:
        readers: by tag.
        needed: tags whose values the conversion of others needs.
    """

    def __init__(self, tags: Sequence[ModbusTag]) -> None:
        self.readers: Mapping[str, TagReader] = {tag.name: TagReader(tag) for tag in tags}
        self._dependence = Dependence({tag.name: tag.needs for tag in tags})
        self.needed = self._dependence.needed
        self._values: dict[str, tuple[Value, Quality]] = {}
        self._raw_of_dependents: dict[str, Raw] = {}

    def value_of(self, tag: str) -> tuple[Value, Quality] | None:
        """The last value of a tag that others need; None when it was not read yet."""
        return self._values.get(tag)

    def forget(self) -> None:
        """Nothing is known of the device: after a reconnection it may be another one."""
        self._values.clear()
        self._raw_of_dependents.clear()

    def take(self, state: BlockState, data: bytes, now: int, samples: list[Sample]) -> None:
        """Add the samples of what changed in a reply.

        Args:
            now: plant time at which the reply was in hand.
        """
        readers, good = state.readers, Quality.GOOD
        changes: Iterable[tuple[int, Raw]]
        if state.columns is None:
            changes = state.decoder.changes(data)
        else:
            found = state.decoder.columns(data)
            if found is None:
                return
            plain = state.columns.samples(*found, now)
            if plain is not None:
                samples += plain
                return
            changes = compress(enumerate(found[0]), found[1])
        for index, raw in changes:
            reader = readers[index]
            if reader.depends_on:
                self._raw_of_dependents[reader.name] = raw
            elif reader.direct and not isinstance(raw, bytes) and isfinite(raw):
                samples.append(Sample(reader.name, raw, good, now, None, reader.unit))
                if reader.name in self.needed:
                    self._values[reader.name] = (raw, good)
            else:
                outcome = reader.outcome(raw, self._values)
                samples.append(_sample(reader, outcome, now))
                if reader.name in self.needed:
                    self._values[reader.name] = outcome[:2]

    def take_dependents(
        self, states: Iterable[BlockState], now: int, samples: list[Sample]
    ) -> None:
        """Add the samples of tags that need others, once these have their values."""
        if not self._raw_of_dependents:
            return
        due = [
            reader.name
            for state in states
            for reader in state.readers
            if reader.depends_on and reader.name in self._raw_of_dependents
        ]
        for name in self._dependence.in_order(due):
            reader = self.readers[name]
            outcome = reader.outcome(self._raw_of_dependents[reader.name], self._values)
            samples.append(_sample(reader, outcome, now))
            if reader.name in self.needed:
                self._values[reader.name] = outcome[:2]

    def take_failure(
        self, state: BlockState, reason: str, now: int, samples: list[Sample], *, is_news: bool
    ) -> None:
        """The tags of a block are bad; a sample says so when that is news."""
        for reader in state.readers:
            self._raw_of_dependents.pop(reader.name, None)
            if reader.name in self.needed:
                self._values[reader.name] = (None, Quality.BAD)
            if is_news:
                samples.append(_sample(reader, bad(reason), now))


def _sample(reader: TagReader, outcome: Outcome, now: int) -> Sample:
    value, quality, reason = outcome
    return Sample(
        tag=reader.name,
        value=value,
        quality=quality,
        reason=reason,
        unit=reader.unit,
        received_time=now,
    )
