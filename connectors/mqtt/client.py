"""One connection to a broker: the only file that imports the MQTT library.

The library connects by blocking calls and then listens in a thread of its own; what it hears comes
to the event loop through one bounded queue. Nothing is retried here: a connection that ended is
never used again.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from paho.mqtt.client import MQTT_ERR_SUCCESS, Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from connectors.mqtt.config import Broker, Version
from connectors.mqtt.inbox import Inbox, Message
from connectors.mqtt.refusals import not_reached, refused
from connectors.sdk.config import read_secret
from connectors.sdk.errors import ConfigurationError, ConnectorError, Unavailable
from connectors.sdk.frames import Direction, FrameLog
from connectors.sdk.steps import Step

TOPICS_PER_SUBSCRIBE = 100
PROTOCOLS = {Version.V3_1_1: MQTTProtocolVersion.MQTTv311, Version.V5: MQTTProtocolVersion.MQTTv5}


class BrokerConnection:
    """One life of a connection. Make it inside a running event loop."""

    def __init__(self, broker: Broker, frames: FrameLog | None = None) -> None:
        """Prepare.

        Args:
            frames: told of every message by topic and size; None tells nobody.
        """
        self._broker = broker
        self._frames = FrameLog() if frames is None else frames
        self._loop = asyncio.get_running_loop()
        self._client = Client(
            callback_api_version=CallbackAPIVersion.VERSION2,
            client_id=broker.client_id or f"mes-{secrets.token_hex(8)}",
            clean_session=True if broker.version is Version.V3_1_1 else None,
            protocol=PROTOCOLS[broker.version],
            reconnect_on_failure=False,
        )
        self._client.connect_timeout = broker.timeout_ms / 1000
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.on_disconnect = self._on_disconnect
        self._connecting: asyncio.Future[MQTTErrorCode] | None = None
        self._connected: asyncio.Future[None] = self._loop.create_future()
        self._subscribed: dict[int | None, asyncio.Future[Sequence[ReasonCode]]] = {}
        self._arrived = asyncio.Event()
        self._messages = Inbox()
        self._unreadable = 0
        self._error: ConnectorError | None = None

    async def open(self) -> None:
        """Connect and sign in.

        Raises:
            Unavailable: no broker there.
            Refused: it does not let us in, or one of us does not trust the other's certificate.
            ConfigurationError: a file or secret cannot be used.
        """
        broker = self._broker
        if broker.user is not None:
            password = read_secret(broker.password) if broker.password is not None else None
            self._client.username_pw_set(broker.user, password)
        if broker.tls is not None:
            context = await asyncio.to_thread(_tls_context, broker)
            await self._shake_hands(context)
            self._client.tls_set_context(context)
        await self._connect()
        self._client.loop_start()
        self._note(Direction.SENT, "CONNECT")
        await self._within(self._connected)
        self._note(Direction.RECEIVED, "CONNACK: accepted")

    async def subscribe(self, topics: Iterable[str], qos: int) -> list[str]:
        """Ask for topics; the answer are those that the broker refuses."""
        wanted = list(topics)
        refused: list[str] = []
        for start in range(0, len(wanted), TOPICS_PER_SUBSCRIBE):
            part = wanted[start : start + TOPICS_PER_SUBSCRIBE]
            self._note(Direction.SENT, f"SUBSCRIBE {', '.join(part)}")
            code, number = self._client.subscribe([(topic, qos) for topic in part])
            if code != MQTT_ERR_SUCCESS:
                raise self._error or Unavailable("connection_lost", "the broker is gone")
            answer = self._subscribed.setdefault(number, self._loop.create_future())
            reasons = await self._within(answer)
            del self._subscribed[number]
            self._note(Direction.RECEIVED, f"SUBACK {', '.join(map(str, reasons))}")
            refused += [
                topic for topic, reason in zip(part, reasons, strict=True) if reason.is_failure
            ]
        return refused

    def publish(self, topic: str, payload: bytes) -> None:
        """Send one message once, without waiting for anything (quality of service 0)."""
        self._client.publish(topic, payload, qos=0)
        self._note(Direction.SENT, f"PUBLISH {topic}", len(payload))

    async def take(self, wait_s: float) -> list[Message]:
        """What arrived since the last call; empty after `wait_s` real seconds of silence.

        Raises:
            ConnectorError: the connection ended; what came before is handed out first.
        """
        if not self._messages and self._error is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._arrived.wait()
        self._arrived.clear()
        if not self._messages and self._error is not None:
            raise self._error
        return self._messages.take()

    @property
    def is_up(self) -> bool:
        """Whether the broker has let us in and nothing has gone wrong since."""
        return self._connected.done() and self._error is None

    def take_dropped(self) -> int:
        """How many messages found the queue full or were too large since the last call."""
        return self._messages.take_dropped()

    def take_unreadable(self) -> int:
        """How many messages had a topic that is no text since the last call."""
        unreadable, self._unreadable = self._unreadable, 0
        return unreadable

    async def close(self) -> None:
        """End the connection and its thread; twice is harmless."""
        connecting, self._connecting = self._connecting, None
        if connecting is None:
            return
        if connecting.done():
            await asyncio.to_thread(self._end)
        else:  # its thread cannot be interrupted; it ends within the time allowed for connecting
            connecting.add_done_callback(self._abandon)

    async def _shake_hands(self, context: ssl.SSLContext) -> None:
        """Find out whether TLS works; a handshake that fails in the library leaks its socket."""
        host, port = self._broker.endpoint
        try:
            async with asyncio.timeout(self._broker.timeout_ms / 1000):
                _, writer = await asyncio.open_connection(host, port, ssl=context)
        except (OSError, ValueError) as error:
            raise not_reached(error, self._name, with_tls=True) from error
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def _connect(self) -> None:
        host, port = self._broker.endpoint
        keep_alive_s = self._broker.keep_alive_s
        connecting = asyncio.ensure_future(
            asyncio.to_thread(self._client.connect, host, port, keep_alive_s)
        )
        self._connecting = connecting
        try:
            await asyncio.shield(connecting)
        except (OSError, ValueError) as error:
            raise not_reached(error, self._name, with_tls=self._broker.tls is not None) from error

    def _abandon(self, connecting: asyncio.Future[MQTTErrorCode]) -> None:
        """A connection came about, or did not, that nobody wants any more."""
        if not connecting.cancelled():
            connecting.exception()
        self._end()

    def _end(self) -> None:
        """Let go of the client: its last files close when nobody holds it any more."""
        client = self._client
        del self._client
        client.disconnect()
        client.loop_stop()
        client.on_connect = client.on_subscribe = client.on_message = client.on_disconnect = None

    async def _within(self, answer: asyncio.Future[Any]) -> Any:  # one of two kinds of answer
        timeout_s = self._broker.timeout_ms / 1000
        try:
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError as error:
            detail = f"{self._name} gave no answer in {timeout_s:g} s"
            raise Unavailable("no_reply", detail, step=Step.PROTOCOL) from error

    @property
    def _name(self) -> str:
        return "{}:{}".format(*self._broker.endpoint)

    # What follows runs in the library's thread.

    def _tell(self, call: Any, *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(call, *arguments)

    def _on_connect(self, _client: Client, _data: object, _flags: object, *rest: Any) -> None:
        reason: ReasonCode = rest[0]
        if reason.is_failure:
            self._tell(self._fail, refused(reason, self._name))
        else:
            self._tell(_settle, self._connected, None)

    def _on_subscribe(self, _client: Client, _data: object, number: int, *rest: Any) -> None:
        self._tell(self._answer_subscribe, number, rest[0])

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        try:
            arrived = Message(message.topic, bytes(message.payload), message.retain)
        except UnicodeDecodeError:
            self._tell(self._reject, len(message.payload))
            return
        self._tell(self._accept, arrived)

    def _on_disconnect(self, _client: Client, _data: object, _flags: object, *rest: Any) -> None:
        reason: ReasonCode = rest[0]
        self._tell(self._disconnected, reason.getName())

    # What follows runs in the event loop.

    def _reject(self, size: int) -> None:
        """A topic that is no text belongs to no tag."""
        self._unreadable += 1
        self._note(Direction.RECEIVED, "PUBLISH: the topic is no UTF-8", size)

    def _accept(self, message: Message) -> None:
        kept = " (retained)" if message.retained else ""
        self._note(Direction.RECEIVED, f"PUBLISH {message.topic}{kept}", len(message.payload))
        self._messages.put(message)
        self._arrived.set()

    def _answer_subscribe(self, number: int, reasons: Sequence[ReasonCode]) -> None:
        _settle(self._subscribed.setdefault(number, self._loop.create_future()), reasons)

    def _disconnected(self, words: str) -> None:
        self._note(Direction.RECEIVED, f"connection ended: {words}")
        if self._connected.done():
            self._fail(Unavailable("connection_lost", f"{self._name}: {words}"))
            return
        detail = (
            f"{self._name} ended the connection before it let us in;"
            f" check that it speaks MQTT {self._broker.version}, with or without tls"
        )
        self._fail(Unavailable("connection_not_accepted", detail, step=Step.PROTOCOL))

    def _note(self, direction: Direction, text: str, size: int | None = None) -> None:
        if self._frames.is_on:
            self._frames.tell(direction, text, size)

    def _fail(self, error: ConnectorError) -> None:
        if self._error is None:
            self._error = error
        self._arrived.set()
        waiting: list[asyncio.Future[Any]] = [self._connected, *self._subscribed.values()]
        for answer in waiting:
            if not answer.done():
                answer.set_exception(self._error)
                answer.exception()


def _settle(answer: asyncio.Future[Any], result: object) -> None:
    if not answer.done():
        answer.set_result(result)


def _tls_context(broker: Broker) -> ssl.SSLContext:
    assert broker.tls is not None
    tls = broker.tls
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
        if tls.cert_file is not None:
            context.load_cert_chain(tls.cert_file, tls.key_file)
    except (OSError, ssl.SSLError) as error:
        detail = f"a certificate file cannot be used: {error.strerror or type(error).__name__}"
        raise ConfigurationError("certificate_unusable", detail, field="broker.tls") from error
    return context
