"""The sockets that are open: who they belong to, what they watch, and how many may be."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from mes.core.refusal import Refusal
from mes.live.metrics import CLIENTS, REFUSED
from mes.web.roles import Actor, ActorKind

PEOPLE_MAX = 20
"""Most sockets of one account, person or terminal."""
WATCHES_MAX = 200
"""Most places that one socket watches."""


@dataclass(slots=True)
class Client:
    """One open socket; `rooms` are row ids of watched places."""

    actor: Actor
    rooms: set[int] = field(default_factory=set)


class Clients:
    """All open sockets by their id; safe to use from several threads.

    Args:
        total_max: most sockets of the process.
        per_token_max: most sockets of one token.
    """

    def __init__(self, *, total_max: int, per_token_max: int) -> None:
        self._total_max = total_max
        self._per_token_max = per_token_max
        self._open: dict[str, Client] = {}
        self._lock = threading.Lock()

    def add(self, sid: str, actor: Actor) -> None:
        """Let a socket in.

        Raises:
            Refusal: `too_many_sockets` (503 the process, 429 this actor).
        """
        limit = self._per_token_max if actor.kind is ActorKind.TOKEN else PEOPLE_MAX
        with self._lock:
            if len(self._open) >= self._total_max:
                REFUSED.labels("process").inc()
                raise Refusal(
                    "too_many_sockets",
                    f"this server takes {self._total_max} live connections; close some",
                    status=503,
                )
            mine = sum(1 for client in self._open.values() if _same(client.actor, actor))
            if mine >= limit:
                REFUSED.labels("actor").inc()
                raise Refusal(
                    "too_many_sockets",
                    f"{actor.label} already has {mine} live connections; close some",
                    status=429,
                )
            self._open[sid] = Client(actor)
            CLIENTS.set(len(self._open))

    def remove(self, sid: str) -> None:
        """Forget a socket."""
        with self._lock:
            self._open.pop(sid, None)
            CLIENTS.set(len(self._open))

    def watch(self, sid: str, place_id: int) -> None:
        """Note that a socket watches a place.

        Raises:
            Refusal: `too_many_watches` (429), or `unauthorized` when the socket is gone.
        """
        with self._lock:
            client = self._open.get(sid)
            if client is None:
                raise Refusal("unauthorized", "this connection has ended", status=401)
            if len(client.rooms) >= WATCHES_MAX and place_id not in client.rooms:
                raise Refusal(
                    "too_many_watches",
                    f"one connection watches at most {WATCHES_MAX} places; watch the line",
                    status=429,
                )
            client.rooms.add(place_id)

    def actor(self, sid: str) -> Actor | None:
        """Who a socket belongs to."""
        with self._lock:
            client = self._open.get(sid)
            return client.actor if client is not None else None

    def rooms(self) -> set[int]:
        """Row ids of all places that somebody watches."""
        with self._lock:
            return {room for client in self._open.values() for room in client.rooms}

    def actors(self) -> dict[str, Actor]:
        """Who each socket belongs to."""
        with self._lock:
            return {sid: client.actor for sid, client in self._open.items()}

    def __len__(self) -> int:
        with self._lock:
            return len(self._open)


def _same(one: Actor, other: Actor) -> bool:
    return one.kind is other.kind and one.id == other.id
