"""One life of a connection to an OPC UA server; after any loss a new one is needed.

Each subscription also watches the server's own clock once a second: it proves from end to end that
the server still samples, which keep-alives do not, and moves on what is covered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from operator import itemgetter
from pathlib import Path

from asyncua import ua
from asyncua.client.ua_client import UASocketProtocol
from asyncua.client.ua_session import UaSession
from asyncua.ua.ua_binary import struct_from_binary

from connectors.clock import monotonic_s
from connectors.opcua.address_space import AddressSpace, Limits, look_around
from connectors.opcua.browse_paths import OBJECTS, browse_path, target_of
from connectors.opcua.client import ServerClient, connected
from connectors.opcua.config import OpcuaSource
from connectors.opcua.failures import Failing
from connectors.opcua.monitored_items import MonitoredItems
from connectors.opcua.node_ids import NodeName
from connectors.opcua.notifications import Batch, Notification, NotificationQueue
from connectors.opcua.publishing import KEEP_ALIVE_S, SILENT_KEEP_ALIVES, Publisher, Subscription
from connectors.opcua.traffic import Traffic
from connectors.opcua.watches import Watch
from connectors.sdk.errors import ConnectorError, Unavailable
from connectors.sdk.steps import Step

PULSE_HANDLE = 0
PULSE_MS = 1000.0
PULSE_LIMIT_S = SILENT_KEEP_ALIVES * KEEP_ALIVE_S
STEADY_S = 2.5
"""Some servers have a clock that stands still; only one that beats can fall silent."""
SECOND_LOOK_S = 0.05
_HANDLE = itemgetter(0)
_PULSE = Watch(
    node="i=2258", path=None, publish_ms=1000, sampling_ms=1000, queue_size=1, filter=None
)


class OpcuaSession:
    """An open session with its subscriptions and the queue of what they report."""

    def __init__(
        self,
        client: ServerClient,
        protocol: UASocketProtocol,
        space: AddressSpace,
        limits: Limits,
        now_us: Callable[[], int],
        queue_limit: int,
    ) -> None:
        endpoint = client.failing.endpoint
        self.space = space
        self.limits = limits
        self.queue = NotificationQueue(queue_limit)
        self.items = MonitoredItems(client.uaclient.session, endpoint, space, limits)
        self._client = client
        self._protocol = protocol
        self._knows_types = False
        self._now_us = now_us
        self._publisher = Publisher(protocol, endpoint, self._deliver, self.lose)
        self._by_period: dict[float, Subscription] = {}
        self._pulse_at = 0.0
        self._pulse_is_steady = False
        self._news = asyncio.Event()
        self._error: ConnectorError | None = None
        client.connection_lost_callback = self._connection_lost

    @classmethod
    async def open(
        cls,
        config: OpcuaSource,
        folder: Path | None,
        now_us: Callable[[], int],
        traffic: Traffic | None = None,
    ) -> OpcuaSession:
        """Connect, sign in, and learn what the server says of itself.

        Args:
            folder: the edge's folder; None keeps no keys and approvals.
            now_us: plant clock.
            traffic: told of every request; None tells nobody.

        Raises:
            Unavailable, Refused, ConfigurationError: with the step that failed.
        """
        client = await connected(config, folder, traffic)
        try:
            with client.failing:
                space, limits = await look_around(
                    client.uaclient.session, config.max_items_per_call
                )
            protocol = client.uaclient.protocol
            if protocol is None:
                raise Unavailable("connection_lost", f"{config.endpoint} closed the connection")
            session = cls(client, protocol, space, limits, now_us, config.queue_limit)
            if any(tag.field is not None for tag in config.tags):
                await session.learn_types()
            return session
        except BaseException:
            await client.end()
            raise

    @property
    def traffic(self) -> tuple[int, int]:
        """Answered publish requests, and the length of the answers in bytes."""
        return self._publisher.requests, self._publisher.bytes

    @property
    def services(self) -> UaSession:
        """The services of the protocol, for reading, browsing, writing and history."""
        return self._client.uaclient.session

    @property
    def failing(self) -> Failing:
        """Turns what the services raise into our errors."""
        return Failing(self._client.failing.endpoint, Step.REGISTER)

    async def learn_types(self) -> None:
        """Take over how the server describes its own structures, once in a session.

        Raises:
            Unavailable: the server does not answer.
        """
        if not self._knows_types:
            with self.failing:
                await self._client.load_data_type_definitions()
            self._knows_types = True

    async def below(
        self, names: Sequence[NodeName], start: ua.NodeId = OBJECTS
    ) -> ua.NodeId | None:
        """The node that browse names lead to from a node on; None when there is none.

        Raises:
            Unavailable: the server does not answer.
        """
        path = browse_path(self.space, names, start)
        if path is None:
            return None
        with self.failing:
            (result,) = await self.services.translate_browsepaths_to_nodeids([path])
        target = target_of(result)
        return None if isinstance(target, str) else target

    async def call(self, request: ua.CallMethodRequest, timeout_s: float) -> ua.CallMethodResult:
        """Send one call once; the client has no way of sending it again.

        Raises:
            Unavailable: no answer came; whether the call arrived is not known.
        """
        parameters = ua.CallParameters(MethodsToCall=[request])
        with self.failing:
            data = await self._protocol.send_request(
                ua.CallRequest(Parameters=parameters), timeout_s
            )
            response = struct_from_binary(ua.CallResponse, data)
            response.ResponseHeader.ServiceResult.check()
            results: list[ua.CallMethodResult] = response.Results
            if len(results) != 1:
                raise Unavailable("short_reply", f"{self.failing.endpoint} left out the result")
        return results[0]

    async def watch(
        self, watches: Mapping[int, Watch], real_ms: Callable[[int], float]
    ) -> dict[int, str]:
        """Watch nodes, one subscription per publishing period.

        Args:
            watches: by our own handle.
            real_ms: real milliseconds of a plant period in milliseconds.

        Returns:
            the reason per handle that cannot be watched.

        Raises:
            Unavailable: the server does not answer.
        """
        failed = await self.items.resolve(watches)
        by_period: dict[float, dict[int, tuple[Watch, float]]] = {}
        for handle, watch in watches.items():
            if handle not in failed:
                sampling_ms = real_ms(watch.sampling_ms) if watch.sampling_ms else 0.0
                group = by_period.setdefault(real_ms(watch.publish_ms), {})
                group[handle] = (watch, sampling_ms)
        for period_ms, group in by_period.items():
            failed |= await self.items.add(await self._subscription(period_ms), group)
        return failed

    async def refresh(self) -> None:
        """Look at the namespaces again; a server may answer before all of its nodes exist.

        Raises:
            Unavailable: the server does not answer.
        """
        with self.failing:
            self.space, _ = await look_around(self.services, self.limits.monitor)
        self.items.space = self.space

    async def take(self, wait_s: float) -> list[Batch]:
        """What arrived, in order; empty after `wait_s`.

        Raises:
            Unavailable: the connection is lost or the server is silent.
        """
        if not self.queue and self._error is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
        self._news.clear()
        if self._error is not None:
            raise self._error
        if self._silent() is not None:
            # Our own process may have slept; what arrived meanwhile is then still unread.
            await asyncio.sleep(SECOND_LOOK_S)
            silence = self._silent()
            if silence is not None:
                raise silence
        return self.queue.take()

    def known_s_ago(self) -> float | None:
        """Real seconds back to the moment up to which all changes have arrived.

        This is one publishing interval before the quietest subscription spoke; None without
        subscriptions.
        """
        known = [each.heard_at - each.interval_s for each in self._by_period.values()]
        return monotonic_s() - min(known) if known else None

    def lose(self, error: ConnectorError) -> None:
        """Remember why the session ended and wake the reader."""
        self._error = self._error or error
        self._news.set()

    async def close(self) -> None:
        """End the session; it is never used again."""
        try:
            await self._publisher.stop()
        finally:
            await self._client.end()

    async def _subscription(self, period_ms: float) -> Subscription:
        subscription = self._by_period.get(period_ms)
        if subscription is None:
            subscription = self._by_period[period_ms] = await self._publisher.subscribe(period_ms)
            # A server without room for the clock is watched by its keep-alives alone.
            watch = {PULSE_HANDLE: _PULSE}
            await self.items.resolve(watch)
            await self.items.add(subscription, {PULSE_HANDLE: (_PULSE, PULSE_MS)})
        return subscription

    def _deliver(self, subscription: Subscription, items: Sequence[Notification]) -> None:
        if PULSE_HANDLE in map(_HANDLE, items):
            now = monotonic_s()
            self._pulse_is_steady = self._pulse_is_steady or now - self._pulse_at < STEADY_S
            self._pulse_at = now
            items = [each for each in items if each.handle != PULSE_HANDLE]
        if items:
            self.queue.put(Batch(self._now_us(), items))
            self._news.set()

    def _silent(self) -> Unavailable | None:
        now = monotonic_s()
        limits = [(now - each.heard_at, each.silence_limit_s) for each in self._by_period.values()]
        if self._pulse_is_steady:
            limits.append((now - self._pulse_at, PULSE_LIMIT_S))
        for quiet_s, limit_s in limits:
            if quiet_s > limit_s:
                detail = f"{self._client.failing.endpoint} sent nothing for {limit_s:g} s"
                return Unavailable("server_silent", detail, step=Step.PROTOCOL)
        return None

    async def _connection_lost(self, error: Exception) -> None:
        detail = f"the connection to {self._client.failing.endpoint} was lost"
        self.lose(Unavailable("connection_lost", detail))
