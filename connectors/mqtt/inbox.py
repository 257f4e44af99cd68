"""What a broker has sent and nobody has read yet: in order, and bounded. Pure."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

MESSAGES_MAX = 10_000
WAITING_BYTES_MAX = 32_000_000
PAYLOAD_BYTES_MAX = 1_000_000


class Message(NamedTuple):
    """One message as it came.

    Attributes:
        is_lost: there was a message that could not be kept; what its topic says is not known.
    """

    topic: str
    payload: bytes
    retained: bool
    is_lost: bool = False


class Inbox:
    """Messages in their order, at most so many and so many bytes.

    When the reader is too slow the oldest go, so that the newest word of a topic counts. Each topic
    that lost one is named before what is left, so that the hole is seen, and the loss is counted.
    """

    def __init__(self, messages: int = MESSAGES_MAX, size: int = WAITING_BYTES_MAX) -> None:
        """Start empty.

        Args:
            size: most bytes of payload that wait.
        """
        self._most, self._largest = messages, size
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._lost: dict[str, None] = {}
        self._dropped = 0

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, message: Message) -> None:
        """Take a message; one that is too large only leaves its topic."""
        if len(message.payload) > PAYLOAD_BYTES_MAX:
            self._dropped += 1
            message = message._replace(payload=b"", is_lost=True)
        self._messages.append(message)
        self._bytes += len(message.payload)
        while len(self._messages) > self._most or self._bytes > self._largest:
            oldest = self._messages.popleft()
            self._bytes -= len(oldest.payload)
            self._dropped += not oldest.is_lost
            if len(self._lost) < self._most:
                self._lost[oldest.topic] = None

    def take(self) -> list[Message]:
        """Everything that waits, oldest first, lost topics before it."""
        lost = [Message(topic, b"", retained=False, is_lost=True) for topic in self._lost]
        messages = [*lost, *self._messages]
        self._messages.clear()
        self._lost.clear()
        self._bytes = 0
        return messages

    def take_dropped(self) -> int:
        """How many messages were lost since the last call."""
        dropped, self._dropped = self._dropped, 0
        return dropped
