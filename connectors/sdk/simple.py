"""The shortest way to a connector: all tags at one rhythm, read one after the other."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, StrictInt, StrictStr, model_validator

from connectors.sdk.config import (
    ScanPeriod,
    SourceConfig,
    TagConfig,
    check_tags,
    raise_field_errors,
)
from connectors.sdk.connector import ConnectorContext, PollingConnector
from connectors.sdk.conversion import Conversion, Outcome, bad
from connectors.sdk.dependence import Dependence
from connectors.sdk.messages import ErrorClass, Quality, Reading, Sample, Value
from connectors.sdk.steps import Endpoint


class SimpleSource(SourceConfig):
    """A source whose tags are all read at `scan_ms`, plant time.

    Derive from it, and give `protocol` and `tags` your own types.
    """

    scan_ms: ScanPeriod = 1000
    tags: Annotated[Sequence[TagConfig], Field(min_length=1, max_length=10_000)]

    @property
    def tag_list(self) -> Sequence[TagConfig]:
        """The tags in the order of the file."""
        return self.tags

    @model_validator(mode="after")
    def _tags_agree(self) -> Self:
        raise_field_errors("source", check_tags(self.tags))
        return self


class SimpleTcpSource(SimpleSource):
    """The same, at a host and port; give `port` the usual one of your protocol."""

    host: Annotated[StrictStr, Field(min_length=1, max_length=253)]
    port: Annotated[StrictInt, Field(ge=1, le=65_535)]

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """The device."""
        return [Endpoint(self.host, self.port)]


class BadValue(Exception):
    """One tag has no usable value; the others are not touched.

    Attributes:
        reason: stable code, such as `scale_overload`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SimpleConnector(PollingConnector):
    """Asks for each tag with `read_tag`; converts, stamps and counts."""

    def __init__(self, config: SimpleSource, context: ConnectorContext) -> None:
        super().__init__(config, context)
        self._scan_ms = config.scan_ms
        self._tags = {tag.name: (tag, Conversion(tag)) for tag in config.tag_list}
        needs = {tag.name: tag.needs for tag in config.tag_list}
        self._order = Dependence(needs).in_order(needs)
        self._values: dict[str, tuple[Value, Quality]] = {}

    @abstractmethod
    async def read_tag(self, tag: TagConfig) -> Value:
        """The raw value of one tag.

        Raises:
            BadValue: only this tag has none.
            Unavailable: the device is not there any more.
        """

    @property
    def scan_periods_ms(self) -> Sequence[int]:
        """The one period."""
        return [self._scan_ms]

    def tags_of(self, period_ms: int) -> Sequence[str]:
        """All tags."""
        return list(self._tags)

    async def read_all(self) -> Reading:
        """Every tag once."""
        return await self.read(self._scan_ms)

    async def read(self, period_ms: int) -> Reading:
        """Every tag once; a tag that others need is converted before them."""
        raws = {name: await self._raw(tag) for name, (tag, _) in self._tags.items()}
        now = self.context.clock.now_us()
        self._values.clear()
        samples = {name: self._sample(name, raws[name], now) for name in self._order}
        failed = [sample for sample in samples.values() if sample.quality is Quality.BAD]
        return Reading(
            samples=[samples[name] for name in self._tags],
            read_at=now,
            failed=len(failed),
            reason=failed[0].reason if failed else None,
        )

    async def _raw(self, tag: TagConfig) -> Value | BadValue:
        self.context.counters.requests += 1
        try:
            return await self.read_tag(tag)
        except BadValue as error:
            self.context.counters.count_error(ErrorClass.REFUSED)
            return error

    def _sample(self, name: str, raw: Value | BadValue, now: int) -> Sample:
        tag, conversion = self._tags[name]
        outcome: Outcome
        if isinstance(raw, BadValue):
            outcome = bad(raw.reason)
        else:
            outcome = conversion(raw, self._values.get)
        value, quality, reason = outcome
        self._values[name] = (value, quality)
        return Sample(name, value, quality, now, reason, tag.unit)
