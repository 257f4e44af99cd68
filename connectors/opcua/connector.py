"""The OPC UA connector: subscriptions whose items are each proved alive, quality, source time.

A node that the server lacks, or that does not report, marks only its own tags bad; it is asked for
again soon, and then less and less often, up to every half minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from operator import itemgetter

import structlog
from asyncua import ua

from connectors.clock import monotonic_s
from connectors.opcua.address_space import AddressSpace
from connectors.opcua.browsing import FoundNode, details, found_nodes
from connectors.opcua.calling import call_once
from connectors.opcua.config import OpcuaSource, OpcuaTag
from connectors.opcua.decoding import notification_of
from connectors.opcua.history import kept_values
from connectors.opcua.job_calls import hand_over, state_of
from connectors.opcua.methods import OpcuaMethod
from connectors.opcua.notifications import Batch, Notification
from connectors.opcua.session import OpcuaSession
from connectors.opcua.traffic import Traffic
from connectors.opcua.trust import TrustList
from connectors.opcua.values import ValueConverter, plain_sample
from connectors.opcua.watches import Watch, tags_by_watch, watches_of
from connectors.opcua.writing import read_now, write_once
from connectors.sdk.call_rules import MethodAddress
from connectors.sdk.capabilities import (
    Argument,
    Browsed,
    BrowsedNode,
    Browsing,
    Called,
    Calling,
    FrameLogging,
    HistoryReading,
    NodeKind,
    Writing,
    Written,
)
from connectors.sdk.connector import ConnectorContext, PushConnector
from connectors.sdk.errors import ConfigurationError, Unavailable
from connectors.sdk.frames import FrameLog
from connectors.sdk.messages import Reading, Sample, Value
from connectors.sdk.steps import Step

ALIVE_S = 0.5
PROOF_S = 5.0
FIRST_RETRY_S = 1.0
LAST_RETRY_S = 30.0
LOOK_AT_APPROVALS_S = 0.5
NOT_REPORTED = "first_value_missing"
_HANDLE = itemgetter(0)

log = structlog.get_logger()


class OpcuaConnector(PushConnector, Browsing, HistoryReading, Writing, Calling, FrameLogging):
    """Watches the variables of one server; can browse, write, call, and read its history."""

    test_steps = (
        Step.NAME,
        Step.PORT,
        Step.PROTOCOL,
        Step.CERTIFICATE,
        Step.SIGN_IN,
        Step.REGISTER,
        Step.VALUE,
    )
    longest_retry_s = 2.0
    register_reasons = ("Bad", "node_", "namespace_", NOT_REPORTED)

    def __init__(self, config: OpcuaSource, context: ConnectorContext) -> None:
        super().__init__(config, context)
        self.config = config
        self.open_timeout_s = max(15.0, 4 * config.timeout_ms / 1000)
        self.read_timeout_s = max(15.0, 4 * config.timeout_ms / 1000)
        self.history_timeout_s = config.history_timeout_ms / 1000
        self.history_values_max = config.history_values_max
        grouped = list(tags_by_watch(config, config.tags).items())
        self._watches: Mapping[int, Watch] = {n: watch for n, (watch, _) in enumerate(grouped, 1)}
        handles = {watch: n for n, watch in self._watches.items()}
        places = {tag.name: [handles[w] for w in watches_of(config, tag)] for tag in config.tags}
        self._handles = {name: first for name, (first, *_) in places.items()}
        self._values = ValueConverter(
            {n: tags for n, (_, tags) in enumerate(grouped, 1)},
            {name: several for name, several in places.items() if len(several) > 1},
        )
        self._tags = {tag.name: tag for tag in config.tags}
        self._traffic = Traffic(context.counters.round_trips)
        self._session: OpcuaSession | None = None
        self._space: AddressSpace | None = None
        self._latest: dict[int, Notification] = {}
        self._kept: list[Batch] = []
        self._failed: dict[int, str] = {}
        self._retry_at = 0.0
        self._retry_s = FIRST_RETRY_S
        self._last_event_us = 0
        self._counted = (0, 0, 0)

    async def open(self) -> None:
        """Connect with a new client and watch every node, all of them resolved anew."""
        await self.close()
        self._values.forget()
        self._latest.clear()
        self._kept.clear()
        clock = self.context.clock
        session = await OpcuaSession.open(
            self.config, self.context.folder, clock.now_us, self._traffic
        )
        self._session = session
        self._compare(session.space)
        self._failed = await session.watch(self._watches, self._real_ms)
        self._ask_soon()

    async def close(self) -> None:
        """End the session; the client object is never used again."""
        session, self._session = self._session, None
        self._counted = (0, 0, 0)
        if session is not None:
            await session.close()

    async def read_all(self) -> Reading:
        """Every tag once: the first value that the server reported of it, or why there is none.

        A monitored item is only believed when it has reported by itself, which the server must do
        at once; a value that was merely read would hide a dead item.
        """
        session = self._open_session()
        await self._prove(session)
        # What was kept for later must not be older than what is said now.
        now = self._kept[0].received_time if self._kept else self.context.clock.now_us()
        present = [self._latest[handle] for handle in self._watches if handle in self._latest]
        by_tag = {s.tag: s for s in self._values.samples([Batch(now, present)])}
        self._note_gone()
        for handle, reason in self._failed.items():
            by_tag |= {s.tag: s for s in self._values.missing(handle, reason, now)}
        return Reading(
            samples=[by_tag[tag.name] for tag in self.config.tags if tag.name in by_tag],
            read_at=now,
            failed=self._count_failed(),
            reason=next(iter(self._failed.values()), None),
        )

    async def next_samples(self) -> Sequence[Sample]:
        """What the server reported since the last call."""
        session = self._open_session()
        batches, self._kept = self._kept, []
        if not batches:
            batches = await session.take(ALIVE_S)
        samples = self._take(batches)
        self._count(session)
        if self._failed and monotonic_s() >= self._retry_at:
            samples += await self._ask_again(session)
        return samples

    @property
    def failing(self) -> tuple[int, str | None]:
        """How many tags have no living item, and why the first of them."""
        if not self._failed:
            return 0, None
        return self._count_failed(), next(iter(self._failed.values()))

    @property
    def covered_until(self) -> int | None:
        """One publishing period before the quietest subscription last spoke."""
        known_s_ago = self._session.known_s_ago() if self._session is not None else None
        if known_s_ago is None:
            return None
        clock = self.context.clock
        behind_us = int(known_s_ago * float(clock.speed) * 1_000_000)
        return max(clock.now_us() - behind_us, self._last_event_us)

    @property
    def frame_log(self) -> FrameLog:
        """The services that were called, by name, size and outcome."""
        return self._traffic.frames

    async def refusal_may_have_ended(self) -> None:
        """Return when a person has approved another certificate."""
        trusted = self.config.security.trusted if self.config.security is not None else ()
        approvals = TrustList(self.context.folder, self.config.id, trusted)
        before = approvals.approved()
        while approvals.approved() == before:
            await asyncio.sleep(LOOK_AT_APPROVALS_S)

    async def browse(self, pattern: str, limit: int) -> Browsed:
        """Nodes below the Objects folder whose path of browse names matches."""
        session = self._open_session()
        nodes, is_complete = await found_nodes(session, pattern, limit)
        known = await details(session, nodes)
        now = self.context.clock.now_us()
        browsed = [self._browsed(session, node, known.get(node.node_id), now) for node in nodes]
        return Browsed(nodes=browsed, is_complete=is_complete)

    async def write(self, tag: str, value: Value) -> Written:
        """Send one value once, in the node's own type and without a time stamp."""
        session, config = self._open_session(), self._tag(tag)
        node_id = self._node(session, tag)
        return await write_once(session, node_id, config, value, self._values.lookup)

    async def read_back(self, tag: str) -> Sample:
        """Ask the server for the tag now."""
        session = self._open_session()
        self._tag(tag)
        answer = await read_now(session, self._node(session, tag))
        notification = notification_of(self._handles[tag], answer)
        return self._values.one(tag, notification, self.context.clock.now_us())

    async def call(
        self, address: MethodAddress, arguments: Sequence[Argument], timeout_s: float
    ) -> Called:
        """Call a method once, or hand a job over, over the connection of the subscriptions."""
        session = self._open_session()
        assert isinstance(address, OpcuaMethod)
        if address.job_order is None:
            return await call_once(session, address, arguments, timeout_s)
        return await hand_over(session, address, arguments, timeout_s)

    async def call_state(
        self, address: MethodAddress, arguments: Sequence[Argument]
    ) -> Mapping[str, object] | None:
        """What a machine says of the job that it was handed; None of a plain method."""
        session = self._open_session()
        assert isinstance(address, OpcuaMethod)
        return None if address.job_order is None else await state_of(session, address, arguments)

    async def history(
        self, tags: Sequence[str], since_us: int, until_us: int
    ) -> AsyncIterator[Sequence[Sample]]:
        """What the server kept in `[since_us, until_us)`, node by node."""
        session = self._open_session()
        wanted = {self._handles[tag] for tag in tags}
        nodes = {n: node for n in sorted(wanted) if (node := session.items.node_of(n)) is not None}
        async for portion in kept_values(session, nodes, since_us, until_us):
            received = Batch(self.context.clock.now_us(), portion)
            samples = self._values.historical([received])
            yield [sample for sample in samples if sample.tag in tags]

    def diagnostics(self) -> Mapping[str, object]:
        """Namespaces, start of the server, limits, and items that need attention."""
        session = self._session
        if session is None:
            return {}
        return {
            "namespaces": list(session.space.namespaces),
            "server_started": str(session.space.started),
            "items_per_call": session.limits.monitor,
            "items_wanted": len(self._watches),
            "items_alive": len(self._latest.keys() - self._failed.keys()),
            "items_failed": {self._watches[n].address: why for n, why in self._failed.items()},
            "filters_refused": [self._watches[n].address for n in sorted(session.items.unfiltered)],
            "lost_by_server": self._values.overflows,
            "lost_here": session.queue.dropped,
        }

    def _open_session(self) -> OpcuaSession:
        if self._session is None:
            raise Unavailable("connection_lost", "the connector is closed")
        return self._session

    def _tag(self, name: str) -> OpcuaTag:
        if name not in self._tags:
            raise ConfigurationError("unknown_tag", f"there is no tag {name!r}", field="tag")
        return self._tags[name]

    def _node(self, session: OpcuaSession, tag: str) -> ua.NodeId:
        node_id = session.items.node_of(self._handles[tag])
        if node_id is None:
            why = self._failed.get(self._handles[tag], "not resolved")
            raise Unavailable("node_missing", f"{tag} has no node: {why}", step=Step.REGISTER)
        return node_id

    def _browsed(
        self,
        session: OpcuaSession,
        node: FoundNode,
        known: tuple[Notification, str | None, bool | None] | None,
        now: int,
    ) -> BrowsedNode:
        if known is None:
            return BrowsedNode(path=node.path, kind=node.kind)
        notification, data_type, writable = known
        is_variable = node.kind is NodeKind.VARIABLE
        return BrowsedNode(
            path=node.path,
            kind=node.kind,
            address={"node": session.space.address_of(node.node_id)} if is_variable else {},
            data_type=data_type,
            writable=writable,
            sample=plain_sample(node.path, notification, now),
        )

    def _real_ms(self, plant_ms: int) -> float:
        return self.context.clock.real_seconds(plant_ms / 1000) * 1000

    def _compare(self, space: AddressSpace) -> None:
        """Say when the server is not the one it was; everything is resolved anew in any case."""
        before, self._space = self._space, space
        if before is not None and before != space:
            what = "namespaces" if before.namespaces != space.namespaces else "restart"
            log.info("address_space_changed", source=self.config.id, what=what)

    async def _prove(self, session: OpcuaSession) -> None:
        """Wait until each item has reported; what came after that stays for the next call."""
        until = monotonic_s() + PROOF_S
        waiting = set(self._watches) - self._latest.keys() - self._failed.keys()
        while waiting and monotonic_s() < until:
            batches = await session.take(min(ALIVE_S, max(0.0, until - monotonic_s())))
            for received_time, notifications in batches:
                later = []
                for notification in notifications:
                    if notification.handle in waiting:
                        waiting.discard(notification.handle)
                        self._latest[notification.handle] = notification
                    else:
                        later.append(notification)
                if later:
                    self._kept.append(Batch(received_time, later))
        self._failed |= dict.fromkeys(waiting, NOT_REPORTED)

    def _take(self, batches: Sequence[Batch]) -> list[Sample]:
        if not batches:
            return []
        for _, notifications in batches:
            self._latest.update(zip(map(_HANDLE, notifications), notifications, strict=True))
            for handle in self._failed.keys() & set(map(_HANDLE, notifications)):
                del self._failed[handle]
        self._last_event_us = max(self._last_event_us, batches[-1].received_time)
        samples = self._values.samples(batches)
        self._note_gone()
        return samples

    def _note_gone(self) -> None:
        """A node that has gone is an item that has failed; it must be made anew."""
        if self._values.gone:
            if not self._failed:
                self._ask_soon()
            self._failed |= self._values.gone
            self._values.gone.clear()

    def _ask_soon(self) -> None:
        self._retry_s = FIRST_RETRY_S
        self._retry_at = monotonic_s() + self._retry_s

    async def _ask_again(self, session: OpcuaSession) -> list[Sample]:
        """Make the failed items anew, in the address space as it is now."""
        failed = {handle: self._watches[handle] for handle in self._failed}
        await session.refresh()
        await session.items.remove(list(failed))
        refused = await session.watch(failed, self._real_ms)
        now = self.context.clock.now_us()
        changed = {n: why for n, why in refused.items() if self._failed[n] != why}
        self._failed |= refused
        self._retry_s = min(2 * self._retry_s, LAST_RETRY_S)
        self._retry_at = monotonic_s() + self._retry_s
        return [s for n, why in changed.items() for s in self._values.missing(n, why, now)]

    def _count(self, session: OpcuaSession) -> None:
        """Add what has happened since the last time."""
        now = (*session.traffic, session.queue.dropped + self._values.overflows)
        requests, received, lost = (new - old for new, old in zip(now, self._counted, strict=True))
        self._counted = now
        counters = self.context.counters
        counters.requests += requests
        counters.bytes += received
        counters.dropped += lost

    def _count_failed(self) -> int:
        now = self.context.clock.now_us()
        return sum(len(self._values.missing(handle, "", now)) for handle in self._failed)
