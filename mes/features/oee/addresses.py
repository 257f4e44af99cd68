"""Addresses of the case files behind figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from mes.core.case_model import Span
from mes.core.instants import parse_instant
from mes.core.policies import Policy
from mes.features.oee.service import CASE_MAX_US
from mes.features.oee.shares import WHOLE, Share
from mes.features.production.coverage import known_until
from mes.features.production.tile import instant

UNIT_DAYS_MAX = 400
"""Most days of work units in one bundle; a longer figure is given in parts, in one archive."""
UNITS_MAX = 60
"""Most work units in one bundle, likewise."""
ARCHIVE_UNIT_DAYS_MAX = 130_000
"""Most days of work units in one archive: a year of 350 machines."""
ARCHIVE_UNITS_MAX = 1_000
DAY_US = 86_400_000_000


def unit_days(span: Span, units: int) -> int:
    """Days of work units that a bundle would hold."""
    return -(-(span.end - span.start) // DAY_US) * units


def figure_address(
    as_of: Mapping[str, int],
    span: Span,
    policy: Policy,
    share: Share = WHOLE,
    **further: str,
) -> str | None:
    """Address of what proves a figure: a case file, a bundle of those that add up to it, or parts.

    Args:
        as_of: by code of each work unit of the figure, what it speaks of.
        share: what it is narrowed to.
        further: arguments that a tile without data needs.

    Returns:
        None: there is no work unit.
    """
    if not as_of:
        return None
    if share == WHOLE and len(as_of) == 1 and span.end - span.start <= CASE_MAX_US:
        ((unit, moment),) = as_of.items()
        return case_address(unit, span, policy, moment, **further)
    return bundle_address(as_of, span, policy, share, **further)


def in_parts(span: Span, units: int) -> bool:
    """Whether a figure is too long for one bundle, so that it is given in parts."""
    return unit_days(span, units) > UNIT_DAYS_MAX or units > UNITS_MAX


def case_address(unit: str, span: Span, policy: Policy, as_of: int, **further: str) -> str:
    """Address of the case file behind the figures of a work unit and a window."""
    query = {
        "from": instant(span.start),
        "to": instant(span.end),
        "as_of": instant(as_of),
        "policy": policy.reference,
        **further,
    }
    return f"/api/v1/work-units/{quote(unit, safe='')}/case?{urlencode(query)}"


def standing_case_address(units: Sequence[str], span: Span, policy: Policy) -> str:
    """Address of the case file (or files) of a figure by all facts that are known when it is read.

    Args:
        units: codes of the work units whose sums are the figure.
    """
    query = {"from": instant(span.start), "to": instant(span.end), "policy": policy.reference}
    if len(units) == 1:
        return f"/api/v1/work-units/{quote(units[0], safe='')}/case?{urlencode(query)}"
    return f"/api/v1/cases?{urlencode({'work_units': ','.join(units), **query})}"


def tile_case_address(tile: Mapping[str, Any], policy: Policy) -> str:
    """Address of the case file behind the figures of a live tile.

    It speaks of the shift of the tile as of the tile, with what was covered then: `known_until`.
    """
    shift = tile["shift"]
    span = Span(parse_instant(shift["start"]), parse_instant(shift["end"]))
    covered = tile["covered_until"]
    further = {"version": str(tile["version"])}
    if covered is not None:
        further["known_until"] = instant(known_until(parse_instant(covered)))
    return case_address(tile["work_unit"], span, policy, parse_instant(tile["as_of"]), **further)


def bundle_address(
    as_of: Mapping[str, int],
    span: Span,
    policy: Policy,
    share: Share = WHOLE,
    **further: str,
) -> str:
    """Address of the case files whose sum is a figure, in one bundle or in parts.

    Args:
        as_of: by code of the work unit, what its figures speak of.
        share: what the figure is narrowed to.
    """
    moments = [instant(at) for at in as_of.values()]
    query = {
        "work_units": ",".join(as_of),
        "from": instant(span.start),
        "to": instant(span.end),
        "as_of": moments[0] if len(set(moments)) == 1 else ",".join(moments),
        "policy": policy.reference,
        **share.arguments(),
        **further,
    }
    path = "case-archive" if in_parts(span, len(as_of)) else "cases"
    return f"/api/v1/{path}?{urlencode(query)}"
