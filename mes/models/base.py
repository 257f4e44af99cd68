"""Base class and column types of all tables.

Instants are UTC microseconds in a bigint. Quantities are exact decimals with at most six places,
stored as whole millionths so that both databases add them exactly. Exact decimals (rates) are text.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, Dialect, Integer, MetaData, String
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

QUANTITY_STEP = Decimal("0.000001")


class QuantityType(TypeDecorator[Decimal]):
    """A `Decimal` with at most six places, stored as millionths."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        """Millionths of the value; raises ValueError when it has more than six places."""
        if value is None:
            return None
        scaled = Decimal(value) * 1_000_000
        if scaled != scaled.to_integral_value():
            raise ValueError(f"quantity {value} has more than six decimal places")
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """The decimal without trailing zeros after the point."""
        if value is None:
            return None
        whole, rest = divmod(int(value), 1_000_000)
        return Decimal(whole) if rest == 0 else (Decimal(int(value)) * QUANTITY_STEP).normalize()


class ExactDecimalType(TypeDecorator[Decimal]):
    """A `Decimal` kept digit by digit as text."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """The decimal as plain text."""
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """The decimal with all its digits."""
        return None if value is None else Decimal(value)


BigId = BigInteger().with_variant(Integer, "sqlite")

Identity = Annotated[int, mapped_column(BigId, primary_key=True, autoincrement=True)]
Instant = Annotated[int, mapped_column(BigInteger)]
BigKey = Annotated[int, mapped_column(BigInteger, autoincrement=False)]
Millionths = Annotated[int, mapped_column(BigInteger)]
Code = Annotated[str, mapped_column(String(80))]
Text = Annotated[str, mapped_column(String(2000))]
Names = Annotated[dict[str, str], mapped_column(JSON)]
Json = Annotated[Any, mapped_column(JSON)]
JsonOrNull = Annotated[Any, mapped_column(JSON(none_as_null=True), nullable=True)]
Quantity = Annotated[Decimal, mapped_column(QuantityType)]
ExactDecimal = Annotated[Decimal, mapped_column(ExactDecimalType)]


class Base(DeclarativeBase):
    """Base of all tables; every constraint has a name that a migration can use."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
