"""Requests in portions that a server takes; a portion that is too large is halved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from asyncua import ua

T = TypeVar("T")
R = TypeVar("R")

TOO_LARGE = frozenset(
    {
        ua.StatusCodes.BadTooManyOperations,
        ua.StatusCodes.BadRequestTooLarge,
        ua.StatusCodes.BadResponseTooLarge,
        ua.StatusCodes.BadEncodingLimitsExceeded,
    }
)


class ShortAnswer(ua.UaError):
    """The server answered for fewer nodes than were named."""


async def in_portions(
    items: Sequence[T], size: int, ask: Callable[[Sequence[T]], Awaitable[Sequence[R]]]
) -> list[R]:
    """Ask for all items, at most `size` at a time; one answer an item, in order.

    Raises:
        ShortAnswer: the server left out answers.
        ua.UaError, OSError, TimeoutError: as the library raises them.
    """
    answers: list[R] = []
    while len(answers) < len(items):
        part = items[len(answers) : len(answers) + size]
        try:
            found = await ask(part)
        except ua.UaStatusCodeError as error:
            if error.code not in TOO_LARGE or len(part) == 1:
                raise
            size = (len(part) + 1) // 2
            continue
        if len(found) != len(part):
            raise ShortAnswer(f"{len(found)} answers for {len(part)} nodes")
        answers += found
    return answers
