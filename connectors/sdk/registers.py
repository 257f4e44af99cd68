"""Words of a device as they are, and the ways of reading them. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sdk.messages import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterArea:
    """A part of a device's memory whose words people look at; since SDK 2.2.

    Attributes:
        name: in the words of the protocol, such as `holding`.
        title: name for people, by language.
        largest: highest address of a word.
        word_bits: 16 for registers, 8 where each byte has an address.
        is_numbered: whether there are many of its kind, so that a number follows the name (`db7`).
    """

    name: str
    title: Mapping[str, str]
    largest: int = 0xFFFF
    word_bits: int = 16
    is_numbered: bool = False


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
