"""What a Modbus device remembers: four tables of addresses, with gaps where nothing is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum


class Table(StrEnum):
    """The four tables of the Modbus data model."""

    COIL = "coil"
    DISCRETE = "discrete"
    HOLDING = "holding"
    INPUT = "input"


class IllegalAddressError(Exception):
    """The request touches an address that the device does not have, or may not be written."""


class DeviceMemory:
    """The addresses of one unit.

    Bits are 0 or 1, registers 0 to 65535. Addresses that were never laid out are gaps: a request
    that touches one is refused as a whole (exception 2), as strict devices do.
    """

    def __init__(self) -> None:
        self._tables: dict[Table, dict[int, int]] = {table: {} for table in Table}
        self._writable: set[tuple[Table, int]] = set()

    def lay_out(self, table: Table, addresses: Iterable[int], *, writable: bool = False) -> None:
        """Make addresses exist, with value 0."""
        for address in addresses:
            self._tables[table].setdefault(address, 0)
            if writable:
                self._writable.add((table, address))

    def put(self, table: Table, address: int, values: Sequence[int]) -> None:
        """The device itself changes values; the addresses must exist."""
        cells = self._tables[table]
        for offset, value in enumerate(values):
            if address + offset not in cells:
                raise KeyError(f"{table} {address + offset} was not laid out")
            cells[address + offset] = value

    def read(self, table: Table, address: int, count: int) -> list[int]:
        """Values of `count` addresses.

        Raises:
            IllegalAddressError: one of them does not exist.
        """
        cells = self._tables[table]
        try:
            return [cells[number] for number in range(address, address + count)]
        except KeyError as error:
            raise IllegalAddressError(f"{table} {error.args[0]}") from error

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """A client writes values: all of them or, if one may not be written, none.

        Raises:
            IllegalAddressError: an address does not exist or is read-only.
        """
        for offset in range(len(values)):
            if (table, address + offset) not in self._writable:
                raise IllegalAddressError(f"{table} {address + offset}")
        self.put(table, address, values)
