"""The sum of whole numbers by SQL that stays a whole number of 64 bits on both databases.

PostgreSQL's own sum of `bigint` is a `numeric`: exact too, but three times as dear for a year of
many machines. Its aggregate `whole_sum` is made by a migration; SQLite's `sum` does the same. Both
refuse a sum that does not fit.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class WholeSum(GenericFunction[int]):
    """Sum of a `bigint` column or expression over the rows of a group."""

    type = BigInteger()
    name = "whole_sum"
    inherit_cache = True


@compiles(WholeSum, "sqlite")
def _plain(element: WholeSum, compiler: SQLCompiler, **options: Any) -> str:
    return f"sum{compiler.process(element.clause_expr, **options)}"
