"""Every kind of import."""

from __future__ import annotations

from collections.abc import Mapping

from mes.core.refusal import Refusal
from mes.features.imports.kind import Kind
from mes.features.imports.kinds.calendar_days import CALENDAR_DAYS
from mes.features.imports.kinds.equipment import LINES, MACHINES
from mes.features.imports.kinds.items import ITEMS, RATES
from mes.features.imports.kinds.orders import ORDERS
from mes.features.imports.kinds.people import PEOPLE
from mes.features.imports.kinds.reasons import REASONS
from mes.features.imports.kinds.shifts import SHIFTS

IMPORTS: Mapping[str, Kind] = {
    kind.key: kind
    for kind in (ORDERS, ITEMS, RATES, REASONS, LINES, MACHINES, PEOPLE, SHIFTS, CALENDAR_DAYS)
}


def find_kind(key: str) -> Kind:
    """The kind of that key.

    Raises:
        Refusal: `import_unknown` (404).
    """
    kind = IMPORTS.get(key)
    if kind is None:
        known = ", ".join(IMPORTS)
        raise Refusal(
            "import_unknown", f"there is no import {key[:80]!r}; known: {known}", status=404
        )
    return kind


def other_kinds(kind: Kind) -> list[Kind]:
    """All but this one."""
    return [one for one in IMPORTS.values() if one is not kind]
