"""Listening for a moment to what a broker tells, to find out which values there are."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.clock import monotonic_s
from connectors.mqtt.client import BrokerConnection
from connectors.mqtt.config import Broker
from connectors.mqtt.json_reader import nodes_of
from connectors.sdk.capabilities import BrowsedNode

LISTEN_S = 2.0
QOS = 0


def topic_filters(pattern: str) -> list[str]:
    """Subscriptions that catch every node whose path can match.

    The last name of a node's path may be a place inside a message, so that the topic may be one
    name shorter than the pattern.
    """
    names = pattern.strip("/").split("/")
    filters = [_filter(names), *([_filter(names[:-1])] if len(names) > 1 else [])]
    return list(dict.fromkeys(filters))


async def listen(broker: Broker, filters: Sequence[str], limit: int) -> list[BrowsedNode]:
    """What arrives in two seconds, or until there is one node more than `limit`.

    Raises:
        ConnectorError: the broker cannot be reached, or does not let us in.
    """
    connection = BrokerConnection(broker)
    found: dict[str, BrowsedNode] = {}
    try:
        await connection.open()
        await connection.subscribe(filters, QOS)
        end = monotonic_s() + LISTEN_S
        while len(found) <= limit and (left_s := end - monotonic_s()) > 0:
            for message in await connection.take(left_s):
                found |= {node.path: node for node in nodes_of(message.topic, message.payload)}
                if len(found) > limit:
                    break
    finally:
        await connection.close()
    return list(found.values())


def _filter(names: Sequence[str]) -> str:
    """The names as MQTT writes them: `+` for one name, `#` for all that follow."""
    parts: list[str] = []
    for name in names:
        if name == "**":
            parts.append("#")
            break
        parts.append("+" if set(name) & set("*?") else name)
    return "/".join(parts)
