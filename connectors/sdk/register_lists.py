"""What a protocol says of register lists, so that a template can be made of one; since SDK 2.2.

A register list is a table with a row for each tag. Its cells `table` and `address` say where the
tag lies, as manuals of the protocol write it; everything else is the same for every protocol.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sdk.messages import Value

_WHOLE = re.compile(r"0[xX][0-9A-Fa-f]{1,8}|\d{1,10}")


class PlaceError(ValueError):
    """Two cells name no place that means one thing only.

    Attributes:
        code: stable identifier; one that begins with `table` is about that cell.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


ReadPlace = Callable[[str, str | None], Mapping[str, Value]]
"""Keys of a tag that the cells `address` and `table` (None: empty) mean; raises `PlaceError`."""


def plain_place(address: str, table: str | None) -> Mapping[str, Value]:
    """A whole number (16, 0x10) or a text such as DB7.DBW4, and the table as it is."""
    place: Value = (
        int(address, 0 if "x" in address.lower() else 10) if _is_whole(address) else address
    )
    return {"address": place} if table is None else {"table": table, "address": place}


def _is_whole(text: str) -> bool:
    return _WHOLE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLists:
    """How templates are made of the register lists of one protocol.

    Attributes:
        parameters: what differs from place to place, as a template file writes it.
        source: keys of a source with `{parameter}` where a place differs.
        example: a source without tags, for checking a list of them.
        read_place: what the cells of a place mean.
        show_place: where a tag lies, for people; None: its `address` or `node` as it is written.
    """

    parameters: Sequence[Mapping[str, Any]]
    source: Mapping[str, Any]
    example: Mapping[str, Any]
    read_place: ReadPlace = plain_place
    show_place: Callable[[Mapping[str, Any]], str | None] | None = None
