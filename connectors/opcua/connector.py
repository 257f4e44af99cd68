"""The OPC UA connector: subscriptions, quality and source time kept.

Supported: variables by namespace URI, data changes, policy none where a person accepted it. Not
yet: other policies, users, events, methods, history. A node that the server lacks marks only its
own tag bad and is asked for again every half minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connectors.clock import monotonic_s
from connectors.opcua.config import OpcuaSource, OpcuaTag
from connectors.opcua.session import OpcuaSession, RawValue, status_name
from connectors.sdk.connector import ConnectorContext, PushConnector
from connectors.sdk.conversion import Conversion, Outcome, bad
from connectors.sdk.errors import Unavailable
from connectors.sdk.messages import Quality, Reading, Sample, Value

ALIVE_S = 0.5
RETRY_NODES_S = 30.0
SEVERITY_SHIFT = 30
LARGEST_TEXT = 1000


class OpcuaConnector(PushConnector):
    """Watches the variables of one server."""

    def __init__(self, config: OpcuaSource, context: ConnectorContext) -> None:
        super().__init__(config, context)
        self.config = config
        self.open_timeout_s = max(10.0, 4 * config.timeout_ms / 1000)
        self.read_timeout_s = max(10.0, 4 * config.timeout_ms / 1000)
        self._session: OpcuaSession | None = None
        self._tags = {tag.name: tag for tag in config.tags}
        self._conversions = {tag.name: Conversion(tag) for tag in config.tags}
        self._by_node: dict[str, list[str]] = {}
        for tag in config.tags:
            self._by_node.setdefault(tag.node, []).append(tag.name)
        self._needed = {name for c in self._conversions.values() for name in c.depends_on}
        self._values: dict[str, tuple[Value, Quality]] = {}
        self._last_raw: dict[str, RawValue] = {}
        self._failed_nodes: dict[str, str] = {}
        self._retry_at = 0.0
        self._last_event_us = 0

    async def open(self) -> None:
        """Connect with a new client and watch every node."""
        await self.close()
        self._values.clear()
        self._last_raw.clear()
        clock = self.context.clock
        self._session = OpcuaSession(
            self.config.endpoint, self.config.timeout_ms / 1000, clock.now_us
        )
        await self._session.connect()
        self._failed_nodes = await self._subscribe(list(self._by_node))
        self._retry_at = monotonic_s() + RETRY_NODES_S

    async def close(self) -> None:
        """End the session; the client object is never used again."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def read_all(self) -> Reading:
        """Read every variable once; what was reported before is older and left out."""
        session = self._open_session()
        now = self.context.clock.now_us()
        nodes = [node for node in self._by_node if node not in self._failed_nodes]
        self.context.counters.requests += 1
        session.discard()
        raws = await session.read(nodes)
        samples = {sample.tag: sample for sample in self._convert(raws)}
        for node, reason in self._failed_nodes.items():
            for name in self._by_node[node]:
                samples[name] = self._sample(name, bad(reason), None, now)
        return Reading(
            samples=[samples[name] for name in self._tags if name in samples],
            read_at=now,
            failed=self._count_failed(),
            reason=next(iter(self._failed_nodes.values()), None),
        )

    async def next_samples(self) -> Sequence[Sample]:
        """What the server reported since the last call."""
        session = self._open_session()
        raws = await session.take(ALIVE_S)
        samples = self._convert(raws)
        if self._failed_nodes and monotonic_s() >= self._retry_at:
            samples += await self._ask_again(session)
        return samples

    @property
    def covered_until(self) -> int | None:
        """One publishing period before the quietest subscription last spoke."""
        known_s_ago = self._session.known_s_ago() if self._session is not None else None
        if known_s_ago is None:
            return None
        clock = self.context.clock
        behind_us = int(known_s_ago * float(clock.speed) * 1_000_000)
        return max(clock.now_us() - behind_us, self._last_event_us)

    def _open_session(self) -> OpcuaSession:
        if self._session is None:
            raise Unavailable("connection_lost", "the connector is closed")
        return self._session

    def _period(self, tag: OpcuaTag) -> int:
        return tag.publish_ms if tag.publish_ms is not None else self.config.publish_ms

    async def _subscribe(self, nodes: Sequence[str]) -> dict[str, str]:
        """Watch nodes, each with the shortest period that one of its tags wants."""
        session = self._open_session()
        failed: dict[str, str] = {}
        by_period: dict[int, list[str]] = {}
        for node in nodes:
            period = min(self._period(self._tags[name]) for name in self._by_node[node])
            by_period.setdefault(period, []).append(node)
        for period, group in by_period.items():
            real_ms = self.context.clock.real_seconds(period / 1000) * 1000
            failed |= await session.subscribe(real_ms, group)
        return failed

    async def _ask_again(self, session: OpcuaSession) -> list[Sample]:
        self._retry_at = monotonic_s() + RETRY_NODES_S
        await session.refresh_namespaces()
        before = list(self._failed_nodes)
        self._failed_nodes = await self._subscribe(before)
        found = [node for node in before if node not in self._failed_nodes]
        return self._convert(await session.read(found)) if found else []

    def _convert(self, raws: Sequence[RawValue]) -> list[Sample]:
        samples: list[Sample] = []
        changed: set[str] = set()
        for raw in raws:
            for name in self._by_node[raw.node]:
                conversion = self._conversions[name]
                if conversion.depends_on:
                    self._last_raw[name] = raw
                    changed.add(name)
                    continue
                outcome = self._outcome(conversion, raw)
                if name in self._needed:
                    self._values[name] = outcome[:2]
                    changed |= self._dependents(name)
                samples.append(self._sample(name, outcome, raw.source_time, raw.received_time))
        for name in changed:
            last = self._last_raw.get(name)
            if last is not None:
                outcome = self._outcome(self._conversions[name], last)
                samples.append(self._sample(name, outcome, last.source_time, last.received_time))
        if raws:
            self._last_event_us = max(self._last_event_us, raws[-1].received_time)
        return samples

    def _dependents(self, name: str) -> set[str]:
        return {other for other, c in self._conversions.items() if name in c.depends_on}

    def _outcome(self, conversion: Conversion, raw: RawValue) -> Outcome:
        severity = raw.status >> SEVERITY_SHIFT
        if severity >= Quality.BAD:
            return bad(status_name(raw.status))
        value, problem = _plain(raw.value)
        if problem is not None:
            return bad(problem)
        converted = conversion(value, self._values.get)
        if severity == Quality.UNCERTAIN and converted[1] is Quality.GOOD:
            return converted[0], Quality.UNCERTAIN, status_name(raw.status)
        return converted

    def _sample(
        self, name: str, outcome: Outcome, source_time: int | None, received_time: int
    ) -> Sample:
        value, quality, reason = outcome
        return Sample(
            tag=name,
            value=value,
            quality=quality,
            reason=reason,
            unit=self._tags[name].unit,
            source_time=source_time,
            received_time=received_time,
        )

    def _count_failed(self) -> int:
        return sum(len(self._by_node[node]) for node in self._failed_nodes)


def _plain(value: object) -> tuple[Value, str | None]:
    """The value as a number, text or truth; a reason when it is none of these."""
    if isinstance(value, bool | int | float):
        return value, None
    if isinstance(value, str):
        return (value, None) if len(value) <= LARGEST_TEXT else (None, "too_long")
    if isinstance(value, datetime):
        return value.isoformat(), None
    text = getattr(value, "Text", None)
    if isinstance(text, str):
        return text, None
    return None, "no_value" if value is None else "type_not_supported"
