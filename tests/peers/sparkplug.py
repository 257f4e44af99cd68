"""An edge node of Sparkplug B by Eclipse Tahu as a process that is told what to do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.peers.processes import Peer, node_peer

ANSWER_S = 15.0


@dataclass(frozen=True, slots=True)
class EdgeNode:
    """The node "cell-1" of the group "Busan" with its device "press".

    Attributes:
        rebirths: how often a host asked for a rebirth, as far as answers were read.
    """

    peer: Peer

    async def do(self, action: str, *metrics: dict[str, Any]) -> None:
        """Do one thing and wait until it is done."""
        process = self.peer.process
        assert process.stdin is not None
        process.stdin.write(json.dumps({"do": action, "metrics": metrics}).encode() + b"\n")
        await self.hear("ready")

    async def hear(self, word: str) -> None:
        """Wait until the node says a word."""
        assert self.peer.process.stdout is not None
        async with asyncio.timeout(ANSWER_S):
            while (line := await self.peer.process.stdout.readline()).strip() != word.encode():
                assert line, "the node ended"

    async def kill(self) -> None:
        """End it without a farewell: the broker publishes its will."""
        self.peer.process.kill()
        await self.peer.process.wait()


@asynccontextmanager
async def edge_node(port: int) -> AsyncIterator[EdgeNode]:
    """A node that is not connected yet."""
    async with node_peer("sparkplug_node.js", port) as peer:
        yield EdgeNode(peer)
