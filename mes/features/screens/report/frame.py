"""What stands around a report page, and how its parts are handed to templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mes.features.screens.report.links import Links
from mes.features.screens.report.periods import Period

Shown = dict[str, object]
ReasonName = Callable[[str], str]
"""What to call a reason code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where the page stands and what else may be chosen.

    Attributes:
        place: code of the work unit, line or site shown.
        place_name: its name in the reader's language.
        trail: (label, address or None) from the plant down to the place.
        places: (code, label) of everything that may be chosen.
        shifts: (code, label) of the production day's shifts.
        policies: names of the KPI profiles.
        before: address of the period before; after: of the next one; None where there is none.
        links: where each figure leads.
        address_by: address of the same report with the losses by another measure.
        address_of: address of the same report of another place.
        address_in: address of the same report of a place in another period.
        reason_name: what to call a reason code.
        item_names: what was made, for the subtitle.
        zone: IANA name of the plant's time zone.
    """

    place: str
    place_name: str
    trail: Sequence[tuple[str, str | None]]
    places: Sequence[tuple[str, str]]
    shifts: Sequence[tuple[str, str]]
    policies: Sequence[str]
    policy: str
    before: str | None
    after: str | None
    links: Links
    address_by: Callable[[str], str]
    address_of: Callable[[str], str]
    address_in: Callable[[str, Period], str]
    reason_name: Callable[[str], str]
    unit_name: Callable[[Mapping[str, str]], str]
    zone: str
