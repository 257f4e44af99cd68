"""Looking at registers as they are: which source reads them one by one, and what they may mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.modbus.addresses import AddressError, Place, place_of
from connectors.modbus.codec import DataType
from connectors.modbus.config import LARGEST_ADDRESS, Table
from connectors.modbus.orders import TYPES, in_all_orders
from connectors.sdk.capabilities import RegisterViewing
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.messages import Value
from connectors.sdk.registers import Candidate

TABLES = (Table.HOLDING, Table.INPUT)
USUAL_ORDER = "AB"
"""Of one register; a tag does not name it."""
_OF_TAGS = ("tags", "readable")


class RegisterTable(RegisterViewing):
    """The register tables of a Modbus device."""

    register_widths = tuple(TYPES)

    @classmethod
    def register_source(
        cls, source: Mapping[str, object], table: str, first: int, count: int
    ) -> Mapping[str, object]:
        """See `RegisterViewing`; the addresses are those of the wire, whatever the manual counts.

        Raises:
            ConfigurationError: `request_malformed`.
        """
        if table not in TABLES or first > LARGEST_ADDRESS:
            detail = f"`table` must be holding or input, `address` 0 to {LARGEST_ADDRESS}"
            raise ConfigurationError("request_malformed", detail)
        last = min(first + count - 1, LARGEST_ADDRESS)
        tags = [
            {"name": str(address), "table": table, "address": address, "type": DataType.UINT16}
            for address in range(first, last + 1)
        ]
        plain = {name: value for name, value in source.items() if name not in _OF_TAGS}
        return {**plain, "address_base": 0, "tags": tags}

    @classmethod
    def candidates(cls, words: Sequence[int], display: float | None) -> Sequence[Candidate]:
        """See `RegisterViewing`."""
        return in_all_orders(words, display)

    @classmethod
    def register_place(cls, address: str, table: str | None) -> tuple[str, int]:
        """See `RegisterViewing`; 16 and 0x10 are on the wire, 40017 and 4x17 count from 1.

        Raises:
            ConfigurationError: `address_malformed`, `address_ambiguous`, `table_missing`,
                `table_differs` or `address_out_of_range`.
        """
        try:
            place = place_of(address, table)
        except AddressError as error:
            raise ConfigurationError(error.code, str(error)) from error
        return place.table, place.address

    @classmethod
    def register_label(cls, table: str, address: int) -> str:
        """See `RegisterViewing`."""
        return Place(table=table, address=address).number

    @classmethod
    def register_tag(
        cls, source: Mapping[str, object], table: str, address: int, candidate: Candidate
    ) -> Mapping[str, Value]:
        """See `RegisterViewing`; the address is counted as the source counts."""
        base = source.get("address_base")
        shift = base if isinstance(base, int) else 0
        tag = dict(super().register_tag(source, table, address, candidate))
        if candidate.order == USUAL_ORDER:
            del tag["order"]
        return {**tag, "address": address + shift}
