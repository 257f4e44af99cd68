"""Words of a device as they are, and the ways of reading them. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sdk.messages import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One way of reading some words.

    Attributes:
        type: data type in the words of the protocol.
        order: order of the bytes in the words of the protocol.
        value: None when the bytes hold no number of this type.
        is_plausible: whether it may be the one that is meant.
        scale: factor that makes it the value on the display; None when 1 or not asked.
    """

    type: str
    order: str
    value: Value
    is_plausible: bool
    scale: float | None = None
