"""What the server reports of its variables, and the bounded queue that keeps it in order. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

BAD_DATA_LOST = 0x809D0000
LARGEST_QUEUE = 50_000


class Notification(NamedTuple):
    """One reported value; a tuple, as thousands arrive a second.

    Attributes:
        handle: our own number of the monitored item.
        value: the value in whatever type the server has; None when there is none.
        status: numeric status code; 0 is good.
        source_time: UTC microseconds; None when the server gave no usable one.
    """

    handle: int
    value: Any
    status: int
    source_time: int | None


class Batch(NamedTuple):
    """What arrived together.

    Attributes:
        received_time: plant time at which it was in hand.
    """

    received_time: int
    notifications: Sequence[Notification]


class NotificationQueue:
    """Batches in their order, at most so many notifications.

    When the reader is too slow the oldest batch goes. Each item that lost a value gets one
    notification `BadDataLost` in its place, so that the hole is seen, and the loss is counted.

    Attributes:
        dropped: notifications lost since the beginning.
    """

    def __init__(self, largest: int = LARGEST_QUEUE) -> None:
        self.dropped = 0
        self._largest = largest
        self._batches: deque[Batch] = deque()
        self._waiting = 0
        self._lost: dict[int, int] = {}

    def __len__(self) -> int:
        return self._waiting

    def put(self, batch: Batch) -> None:
        """Take a batch; a full queue drops the oldest ones."""
        self._batches.append(batch)
        self._waiting += len(batch.notifications)
        while self._waiting > self._largest:
            received_time, notifications = self._batches.popleft()
            self._waiting -= len(notifications)
            self.dropped += len(notifications)
            self._lost.update((each.handle, received_time) for each in notifications)

    def take(self) -> list[Batch]:
        """Everything that waits, oldest first, holes before what followed them."""
        batches = list(self._batches)
        self._batches.clear()
        self._waiting = 0
        if self._lost:
            last = max(self._lost.values())
            holes = [Notification(handle, None, BAD_DATA_LOST, None) for handle in self._lost]
            self._lost.clear()
            batches.insert(0, Batch(last, holes))
        return batches
