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
"""Most days of work units in one bundle; a longer figure is the sum of the bundles of its parts."""
DAY_US = 86_400_000_000


def unit_days(span: Span, units: int) -> int:
    """Days of work units that a bundle would hold."""
    return -(-(span.end - span.start) // DAY_US) * units


def figure_address(
    as_of: Mapping[str, int], span: Span, policy: Policy, share: Share = WHOLE
) -> str | None:
    """Address of what proves a figure: a case file, or a bundle of those that add up to it.

    Args:
        as_of: by code of each work unit of the figure, what it speaks of.
        share: what it is narrowed to.

    Returns:
        None: it is too long for one file; its parts have theirs.
    """
    if share == WHOLE and len(as_of) == 1 and span.end - span.start <= CASE_MAX_US:
        ((unit, moment),) = as_of.items()
        return case_address(unit, span, policy, moment)
    if not as_of or unit_days(span, len(as_of)) > UNIT_DAYS_MAX:
        return None
    return bundle_address(as_of, span, policy, share)


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
    as_of: Mapping[str, int], span: Span, policy: Policy, share: Share = WHOLE
) -> str:
    """Address of the case files of several work units whose sum is a figure.

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
    }
    return f"/api/v1/cases?{urlencode(query)}"
