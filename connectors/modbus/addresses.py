"""Modbus addresses as manuals write them: by table and number, or like 40001.

"MODBUS Application Protocol Specification V1.1b3", section 4.4: the number of a register counts
from 1, the address on the wire from 0. The leading digit names the table: 0 coils, 1 discrete
inputs, 3 input registers, 4 holding registers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sdk.register_lists import PlaceError

DIGIT_OF: Mapping[str, str] = {"coil": "0", "discrete": "1", "input": "3", "holding": "4"}
TABLE_OF: Mapping[str, str] = {digit: table for table, digit in DIGIT_OF.items()}
LARGEST = 0xFFFF

_HEX = re.compile(r"0[xX]([0-9A-Fa-f]{1,4})")
_NUMBERED = re.compile(r"([0134])(\d{4,5})")
_WITH_X = re.compile(r"([134])[xX](\d{1,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A table and an address on the wire."""

    table: str
    address: int

    @property
    def number(self) -> str:
        """As manuals count, with the digit of the table in front."""
        return f"{DIGIT_OF[self.table]}{self.address + 1:05d}"

    def __str__(self) -> str:
        return f"{self.table} {self.address} (0x{self.address:04X}, {self.number})"


class AddressError(PlaceError):
    """The text is no address that means one thing only."""


def place_of(text: str, table: str | None) -> Place:
    """The place that a table and an address name, never guessed.

    Args:
        text: `16`, `0x10` (both on the wire), `40017`, `400017` or `4x17` (counted from 1).
        table: None where the address says it.

    Raises:
        AddressError: `address_malformed`, `address_out_of_range`, `address_ambiguous`,
            `table_missing` or `table_differs`.
    """
    if table is not None and table not in DIGIT_OF:
        message = f"table {table!r} is not known; possible: {', '.join(DIGIT_OF)}"
        raise AddressError("table_unknown", message)
    numbered = _WITH_X.fullmatch(text) or (_NUMBERED.fullmatch(text) if table is None else None)
    if numbered is not None:
        return _counted(TABLE_OF[numbered[1]], int(numbered[2]), table)
    found = _HEX.fullmatch(text)
    if found is None and not re.fullmatch(r"\d{1,6}", text):
        message = f"{text!r} is no address; write 16, 0x10, 40017 or 4x17"
        raise AddressError("address_malformed", message)
    address = int(found[1], 16) if found is not None else int(text)
    if table is None:
        message = "without a table write the address like 40017 or 4x17"
        raise AddressError("table_missing", message)
    if found is None:
        _refuse_ambiguous(text, table)
    if address > LARGEST:
        raise AddressError("address_out_of_range", f"{text} lies outside 0 to {LARGEST}")
    return Place(table=table, address=address)


def _counted(named: str, number: int, table: str | None) -> Place:
    if table is not None and table != named:
        message = f"the address names table {named}, the column says {table}"
        raise AddressError("table_differs", message)
    if not 1 <= number <= LARGEST + 1:
        message = f"numbers of a table go from 1 to {LARGEST + 1}, not {number}"
        raise AddressError("address_out_of_range", message)
    return Place(table=named, address=number - 1)


def _refuse_ambiguous(text: str, table: str) -> None:
    """`holding` with 40001 may mean the first register or the forty thousandth."""
    match = _NUMBERED.fullmatch(text)
    if match is None or TABLE_OF[match[1]] != table or not 1 <= int(match[2]) <= LARGEST + 1:
        return
    first = Place(table=table, address=int(match[2]) - 1)
    wire = f"0x{int(text):04X}" if int(text) <= LARGEST else "no address at all"
    message = (
        f"{text} may mean {first} or the address {text} on the wire: write "
        f"{match[1]}x{int(match[2])} for the first, {wire} for the other"
    )
    raise AddressError("address_ambiguous", message)
