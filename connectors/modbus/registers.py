"""Looking at registers as they are: which source reads them one by one, and what they may mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.modbus.codec import DataType
from connectors.modbus.config import LARGEST_ADDRESS, Table
from connectors.modbus.orders import TYPES, in_all_orders
from connectors.sdk.capabilities import RegisterViewing
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.registers import Candidate

TABLES = (Table.HOLDING, Table.INPUT)
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
