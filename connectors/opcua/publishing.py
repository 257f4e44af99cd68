"""Subscriptions and the stream of their publications.

asyncua makes a task for every single value, keeps one publish request outstanding, and does not
look at sequence numbers. So the requests are made here: two at least stand by, a message that is
missing is asked for again, and one that is lost for good ends the session in plain words.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from asyncua import ua
from asyncua.client.ua_client import UASocketProtocol
from asyncua.ua.ua_binary import struct_from_binary

from connectors.clock import monotonic_s
from connectors.opcua.decoding import DecodingError, Publication, decode_publication, decoded_parts
from connectors.opcua.failures import Failing, status_name
from connectors.opcua.notifications import Notification
from connectors.sdk.errors import ConnectorError, Unavailable
from connectors.sdk.steps import Step

KEEP_ALIVE_S = 3.0
SILENT_KEEP_ALIVES = 2
LIFETIME_S = 15.0
MAX_NOTIFICATIONS = 5000
LEAST_REQUESTS = 2
MOST_REQUESTS = 10
MOST_MISSING = 100
LAST_SEQUENCE = (1 << 32) - 1

log = structlog.get_logger()

Deliver = Callable[["Subscription", Sequence[Notification]], None]


@dataclass(slots=True, kw_only=True)
class Subscription:
    """One subscription on the server.

    Attributes:
        interval_s: publishing interval that the server granted, real seconds.
        rhythm_s: real seconds after which the server speaks even when nothing changed.
        heard_at: monotonic time of the last publication.
        next_sequence: number of the next message; None before the first.
    """

    identifier: int
    interval_s: float
    rhythm_s: float
    heard_at: float = field(default_factory=monotonic_s)
    next_sequence: int | None = None

    @property
    def silence_limit_s(self) -> float:
        """Real seconds without a word after which the subscription counts as dead."""
        return SILENT_KEEP_ALIVES * max(self.rhythm_s, KEEP_ALIVE_S)


class Publisher:
    """Keeps publish requests standing by and hands out what they bring, in order.

    Attributes:
        requests: publish requests that were answered.
        bytes: length of the answers.
    """

    def __init__(
        self,
        protocol: UASocketProtocol,
        endpoint: str,
        deliver: Deliver,
        lose: Callable[[ConnectorError], None],
    ) -> None:
        """Prepare; the first subscription starts the requests.

        Args:
            deliver: called with the values of each publication; must not wait.
            lose: called once with the reason when nothing more can come.
        """
        self.requests = 0
        self.bytes = 0
        self._protocol = protocol
        self._failing = Failing(endpoint, Step.REGISTER)
        self._deliver = deliver
        self._lose = lose
        self._subscriptions: dict[int, Subscription] = {}
        self._acknowledged: list[ua.SubscriptionAcknowledgement] = []
        self._in_order = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._wanted = MOST_REQUESTS

    @property
    def subscriptions(self) -> Sequence[Subscription]:
        """Those that live."""
        return tuple(self._subscriptions.values())

    async def subscribe(self, publish_ms: float) -> Subscription:
        """Make a subscription.

        Args:
            publish_ms: wanted publishing interval, real time.

        Raises:
            Unavailable: the server makes none.
        """
        keep_alive = max(1, math.ceil(KEEP_ALIVE_S * 1000 / publish_ms))
        request = ua.CreateSubscriptionRequest()
        request.Parameters = ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=publish_ms,
            RequestedLifetimeCount=max(3 * keep_alive, math.ceil(LIFETIME_S * 1000 / publish_ms)),
            RequestedMaxKeepAliveCount=keep_alive,
            MaxNotificationsPerPublish=MAX_NOTIFICATIONS,
            PublishingEnabled=True,
        )
        with self._failing:
            answer = await self._protocol.send_request(request)
            granted = struct_from_binary(ua.CreateSubscriptionResponse, answer).Parameters
        interval_s = granted.RevisedPublishingInterval / 1000
        subscription = Subscription(
            identifier=int(granted.SubscriptionId),
            interval_s=interval_s,
            rhythm_s=interval_s * max(1, granted.RevisedMaxKeepAliveCount),
        )
        self._subscriptions[subscription.identifier] = subscription
        self._stand_by()
        return subscription

    async def stop(self) -> None:
        """Ask no more."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _stand_by(self) -> None:
        wanted = min(self._wanted, max(LEAST_REQUESTS, 1 + len(self._subscriptions)))
        while len(self._tasks) < wanted:
            self._tasks.append(asyncio.create_task(self._keep_asking(), name="opcua publish"))

    async def _keep_asking(self) -> None:
        try:
            while await self._ask_once():
                pass
        except ConnectorError as error:
            self._lose(error)
        except DecodingError as error:
            self._lose(Unavailable("protocol_error", str(error), step=Step.PROTOCOL))
        except Exception as error:  # without this task the values would only fall silent
            log.exception("publishing_fault", endpoint=self._failing.endpoint)
            words = f"{type(error).__name__}: {error}"
            self._lose(Unavailable("connector_fault", words, step=Step.PROTOCOL))

    async def _ask_once(self) -> bool:
        """One publish request and its answer; False when this one is too many."""
        request = ua.PublishRequest()
        request.Parameters.SubscriptionAcknowledgements = self._acknowledged
        self._acknowledged = []
        try:
            with self._failing:
                answer = await self._protocol.send_request(request, timeout=0)
        except Unavailable as error:
            if error.code == "BadTooManyPublishRequests" and self._wanted > 1:
                self._wanted = max(1, min(self._wanted, len(self._tasks)) - 1)
                self._tasks = [t for t in self._tasks if t is not asyncio.current_task()]
                return False
            if error.code in ("BadTimeout", "BadSequenceNumberUnknown"):
                return True
            raise
        data = bytes(answer)
        self.requests += 1
        self.bytes += len(data)
        async with self._in_order:
            await self._take(decode_publication(data))
        return True

    async def _take(self, publication: Publication) -> None:
        if publication.service_result:
            name = status_name(publication.service_result)
            raise Unavailable(name, f"{self._failing.endpoint} answered {name}", step=Step.PROTOCOL)
        subscription = self._subscriptions.get(publication.subscription)
        if subscription is None:
            return
        await self._ask_for_missing(subscription, publication.sequence)
        subscription.heard_at = monotonic_s()
        if publication.ended is not None:
            detail = f"{self._failing.endpoint} ended it: {status_name(publication.ended)}"
            raise Unavailable("subscription_ended", detail, step=Step.PROTOCOL)
        if publication.is_keep_alive:
            subscription.next_sequence = publication.sequence
            return
        subscription.next_sequence = _after(publication.sequence)
        self._deliver(subscription, publication.items)
        self._acknowledge(subscription, publication.sequence)

    async def _ask_for_missing(self, subscription: Subscription, sequence: int) -> None:
        """Fetch messages between the last one and this one, or give up the session."""
        due = subscription.next_sequence
        if due is None or due == sequence:
            return
        if not 0 < sequence - due <= MOST_MISSING:
            raise self._lost(f"message {sequence} follows where {due} was due")
        for number in range(due, sequence):
            self._deliver(subscription, await self._again(subscription, number))
            self._acknowledge(subscription, number)

    async def _again(self, subscription: Subscription, number: int) -> Sequence[Notification]:
        request = ua.RepublishRequest()
        request.Parameters.SubscriptionId = subscription.identifier
        request.Parameters.RetransmitSequenceNumber = number
        try:
            with self._failing:
                answer = await self._protocol.send_request(request)
                message = struct_from_binary(ua.RepublishResponse, answer).NotificationMessage
        except Unavailable as error:
            if error.code != "BadMessageNotAvailable":
                raise
            raise self._lost(f"message {number} is no longer there") from error
        if not message.NotificationData:
            raise self._lost(f"message {number} came back empty")
        items, _ = decoded_parts(message.NotificationData)
        return items

    def _lost(self, what: str) -> Unavailable:
        detail = f"{self._failing.endpoint}: {what}; all values are read again"
        return Unavailable("notifications_lost", detail, step=Step.PROTOCOL)

    def _acknowledge(self, subscription: Subscription, sequence: int) -> None:
        self._acknowledged.append(
            ua.SubscriptionAcknowledgement(
                SubscriptionId=ua.UInt32(subscription.identifier),
                SequenceNumber=ua.UInt32(sequence),
            )
        )


def _after(sequence: int) -> int:
    return 1 if sequence >= LAST_SEQUENCE else sequence + 1
