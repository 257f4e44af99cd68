"""One life of a connection to an OPC UA server. The only file that imports asyncua.

Facts of asyncua 2.1 that shape this file: a client is never used twice (its own reconnection loses
monitored items when the namespace order changes, and never survives a new certificate); results of
creating items are status codes to be checked one by one; only a plain (not async) handler keeps the
order; the library changes keep-alive counts behind one's back, so subscriptions are made directly.

Each subscription also watches the server's clock (i=2258) once a second. This proves from end to
end that the subscription delivers, which a living connection does not.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asyncua import Client, Node, ua
from asyncua.common.subscription import DataChangeNotif, Subscription

from connectors.clock import monotonic_s
from connectors.opcua.config import node_parts
from connectors.sdk.errors import ConnectorError, Refused, Unavailable

KEEP_ALIVE_S = 2.0
HEARTBEAT_SAMPLING_MS = ua.Double(1000.0)
SESSION_TIMEOUT_MS = 30_000
LIFETIME_S = 30.0
WATCHDOG_S = 5.0
QUEUE_SIZE = 100
ITEMS_PER_CALL = 100
MAX_NOTIFICATIONS = 2000
LARGEST_QUEUE = 50_000
CLOSE_S = 0.6

REFUSALS = (
    "BadSecurity",
    "BadCertificate",
    "BadIdentity",
    "BadUserAccess",
    "BadUserSignature",
    "BadNonceInvalid",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SERVER_CLOCK = ua.NodeId(ua.Int32(ua.ObjectIds.Server_ServerStatus_CurrentTime))

logging.getLogger("asyncua").setLevel(logging.WARNING)
# It logs a stack trace at each lost connection, which the runner reports in one line, and warns of
# keep-alives that overtake the answer to their own subscription, where nothing is lost.
logging.getLogger("asyncua.client.ua_session").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawValue:
    """What the server said of one node.

    Attributes:
        node: node id as written in the configuration.
        value: the value; None when there is none.
        status: numeric status code; 0 is good.
        source_time: UTC microseconds; None when the server gave none.
        received_time: plant time at which the notification was in hand.
    """

    node: str
    value: object
    status: int
    source_time: int | None
    received_time: int


def status_name(status: int) -> str:
    """The name of a status code, such as `BadNodeIdUnknown`."""
    return str(ua.StatusCode(ua.UInt32(status)).name)


class _Channel:
    """One subscription with one publishing period, and what came over it."""

    def __init__(self, session: OpcuaSession, publish_ms: float) -> None:
        self._session = session
        self.publish_ms = publish_ms
        self.names: dict[ua.NodeId, list[str]] = {}
        self.subscription: Subscription | None = None
        self.silence_limit_s = 3 * KEEP_ALIVE_S
        self.heard_at = monotonic_s()
        self.interval_s = publish_ms / 1000

    def datachange_notification(self, node: Node, val: object, data: DataChangeNotif) -> None:
        """Called in order for every notification; must not wait."""
        for name in self.names.get(node.nodeid, ()):
            self._session.enqueue(name, data.monitored_item.Value)

    def status_change_notification(self, status: ua.StatusChangeNotification) -> None:
        """The server ends the subscription."""
        self._session.lose(Unavailable("subscription_ended", "the server ended the subscription"))

    def last_heard(self) -> float:
        """Monotonic time of the last publish response."""
        published = self.subscription.last_publish_at if self.subscription is not None else None
        return max(self.heard_at, published or 0.0)


class OpcuaSession:
    """Connect once, subscribe, read; after any loss a new object is needed."""

    def __init__(self, endpoint: str, timeout_s: float, now_us: Callable[[], int]) -> None:
        self._endpoint = endpoint
        self._now_us = now_us
        self._client = Client(
            endpoint, timeout=timeout_s, watchdog_intervall=WATCHDOG_S, auto_reconnect=False
        )
        self._client.application_uri = "urn:pilot-mes:edge"
        self._client.name = self._client.description = "pilot-mes edge"
        self._client.session_timeout = SESSION_TIMEOUT_MS
        self._client.connection_lost_callback = self._connection_lost
        self._queue: deque[RawValue] = deque()
        self._news = asyncio.Event()
        self._error: ConnectorError | None = None
        self._channels: dict[float, _Channel] = {}
        self._namespaces: list[str] = []

    async def connect(self) -> None:
        """Open channel and session, and learn the namespaces.

        Raises:
            Unavailable, Refused: with the endpoint in the text.
        """
        with _Translated(self._endpoint):
            await self._client.connect()
            self._namespaces = list(await self._client.get_namespace_array())

    async def refresh_namespaces(self) -> None:
        """Read the namespaces again; a server may add some after its start."""
        with _Translated(self._endpoint):
            self._namespaces = list(await self._client.get_namespace_array())

    def resolve(self, node: str) -> ua.NodeId | None:
        """The node id with the server's own namespace index; None when it has no such namespace."""
        uri, rest = node_parts(node)
        if uri is None:
            return ua.NodeId.from_string(rest)
        if uri not in self._namespaces:
            return None
        return ua.NodeId.from_string(f"ns={self._namespaces.index(uri)};{rest}")

    async def subscribe(self, publish_ms: float, nodes: Sequence[str]) -> dict[str, str]:
        """Watch nodes with one publishing period.

        Returns:
            reason per node that cannot be watched: `namespace_unknown` or the server's status.
        """
        with _Translated(self._endpoint):
            channel = self._channels.get(publish_ms) or await self._open_channel(publish_ms)
            failed: dict[str, str] = {}
            fresh: dict[ua.NodeId, list[str]] = {}
            for node in nodes:
                node_id = self.resolve(node)
                if node_id is None:
                    failed[node] = "namespace_unknown"
                elif node_id in channel.names:
                    channel.names[node_id].append(node)
                else:
                    fresh.setdefault(node_id, []).append(node)
            wanted = list(fresh)
            for start in range(0, len(wanted), ITEMS_PER_CALL):
                part = wanted[start : start + ITEMS_PER_CALL]
                failed |= await self._watch(channel, part, fresh)
            return failed

    async def read(self, nodes: Sequence[str]) -> list[RawValue]:
        """Read nodes whose namespace is known, in chunks."""
        known = [(node, self.resolve(node)) for node in nodes]
        pairs = [(node, node_id) for node, node_id in known if node_id is not None]
        values: list[RawValue] = []
        with _Translated(self._endpoint):
            for start in range(0, len(pairs), ITEMS_PER_CALL):
                part = pairs[start : start + ITEMS_PER_CALL]
                answers = await self._client.uaclient.read_attributes(
                    [node_id for _, node_id in part], ua.AttributeIds.Value
                )
                if len(answers) != len(part):
                    raise Unavailable("short_reply", f"{self._endpoint} left out values")
                values += [
                    self._raw(node, answer) for (node, _), answer in zip(part, answers, strict=True)
                ]
        return values

    async def take(self, wait_s: float) -> list[RawValue]:
        """What arrived, in order; empty after `wait_s`.

        Raises:
            Unavailable: the connection is lost, the server is silent, or the queue ran over.
        """
        if not self._queue and self._error is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
        self._news.clear()
        if self._error is not None:
            raise self._error
        now = monotonic_s()
        for channel in self._channels.values():
            if now - channel.last_heard() > channel.silence_limit_s:
                detail = f"{self._endpoint} sent nothing for {channel.silence_limit_s:g} s"
                raise Unavailable("server_silent", detail, step="protocol")
        values = list(self._queue)
        self._queue.clear()
        return values

    def discard(self) -> None:
        """Forget what arrived so far."""
        self._queue.clear()

    def known_s_ago(self) -> float | None:
        """Real seconds back to the moment up to which all changes have arrived.

        This is one publishing interval before the quietest subscription spoke; None without
        subscriptions.
        """
        channels = self._channels.values()
        if not channels:
            return None
        return monotonic_s() - min(each.last_heard() - each.interval_s for each in channels)

    def enqueue(self, node: str, value: ua.DataValue) -> None:
        """Take one notification; a full queue ends the session rather than losing in silence."""
        if len(self._queue) >= LARGEST_QUEUE:
            detail = f"more than {LARGEST_QUEUE} notifications wait"
            self.lose(Unavailable("queue_overflow", detail))
            return
        self._queue.append(self._raw(node, value))
        self._news.set()

    def lose(self, error: ConnectorError) -> None:
        """Remember why the session ended and wake the reader."""
        self._error = self._error or error
        self._news.set()

    async def close(self) -> None:
        """Say good-bye within `CLOSE_S`, else just close the socket."""
        self._client.connection_lost_callback = None
        logging.getLogger("asyncua").setLevel(logging.CRITICAL)
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._client.disconnect()
        except (TimeoutError, OSError, ua.UaError, RuntimeError):
            self._client.disconnect_socket()
        finally:
            logging.getLogger("asyncua").setLevel(logging.WARNING)

    async def _open_channel(self, publish_ms: float) -> _Channel:
        channel = _Channel(self, publish_ms)
        keep_alive = max(1, math.ceil(KEEP_ALIVE_S * 1000 / publish_ms))
        parameters = ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=publish_ms,
            RequestedLifetimeCount=max(3 * keep_alive, math.ceil(LIFETIME_S * 1000 / publish_ms)),
            RequestedMaxKeepAliveCount=keep_alive,
            MaxNotificationsPerPublish=MAX_NOTIFICATIONS,
            PublishingEnabled=True,
        )
        channel.subscription = Subscription(self._client.uaclient.session, parameters, channel)
        revised = await channel.subscription.init()
        clock = await channel.subscription.subscribe_data_change(
            [Node(self._client.uaclient.session, _SERVER_CLOCK)],
            queuesize=1,
            sampling_interval=HEARTBEAT_SAMPLING_MS,
        )
        interval_s = channel.interval_s = revised.RevisedPublishingInterval / 1000
        rhythm_s = interval_s * revised.RevisedMaxKeepAliveCount
        if not isinstance(clock[0], ua.StatusCode):
            rhythm_s = min(rhythm_s, max(KEEP_ALIVE_S, 2 * interval_s))
        channel.silence_limit_s = 3 * max(rhythm_s, KEEP_ALIVE_S)
        channel.heard_at = monotonic_s()
        self._channels[publish_ms] = channel
        return channel

    async def _watch(
        self, channel: _Channel, part: Sequence[ua.NodeId], names: dict[ua.NodeId, list[str]]
    ) -> dict[str, str]:
        assert channel.subscription is not None
        for node_id in part:
            channel.names[node_id] = names[node_id]
        session = self._client.uaclient.session
        results = await channel.subscription.subscribe_data_change(
            [Node(session, node_id) for node_id in part],
            queuesize=QUEUE_SIZE,
            sampling_interval=ua.Double(channel.publish_ms),
        )
        failed: dict[str, str] = {}
        for node_id, result in zip(part, results, strict=True):
            if isinstance(result, ua.StatusCode):
                del channel.names[node_id]
                failed |= dict.fromkeys(names[node_id], str(result.name))
        return failed

    def _raw(self, node: str, value: ua.DataValue) -> RawValue:
        status = value.StatusCode
        return RawValue(
            node=node,
            value=value.Value.Value if value.Value is not None else None,
            status=int(status.value) if status is not None else 0,
            source_time=_microseconds(value.SourceTimestamp),
            received_time=self._now_us(),
        )

    async def _connection_lost(self, error: Exception) -> None:
        detail = f"the connection to {self._endpoint} was lost"
        self.lose(Unavailable("connection_lost", detail))


class _Translated:
    """Turns the four error families of asyncua into ours."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, ConnectorError):
            return
        if isinstance(error, socket.gaierror):
            detail = f"the host name in {self._endpoint} is not known"
            raise Unavailable("host_not_found", detail, step="dns") from error
        if isinstance(error, ConnectionRefusedError):
            detail = f"{self._endpoint} refuses connections"
            raise Unavailable("connection_refused", detail) from error
        if isinstance(error, TimeoutError):
            detail = f"{self._endpoint} did not answer in time"
            raise Unavailable("no_reply", detail, step="protocol") from error
        if isinstance(error, ua.UaStatusCodeError):
            name = status_name(error.code)
            detail = f"{self._endpoint} answered {name}"
            kind_of = Refused if name.startswith(REFUSALS) else Unavailable
            raise kind_of(name, detail) from error
        if isinstance(error, OSError | ua.UaError):
            detail = f"no connection to {self._endpoint}: {error or type(error).__name__}"
            raise Unavailable("connection_lost", detail) from error


def _microseconds(time: datetime | None) -> int | None:
    if time is None:
        return None
    aware = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND
