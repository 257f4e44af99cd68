"""What stands around the figures of a report page: its name, its trail and what may be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from mes.core.calendar import ALWAYS
from mes.core.policies import PROFILES
from mes.features.production.masters import WorkUnit
from mes.features.screens.language import name_of
from mes.features.screens.report.asked import Chosen, Wanted
from mes.features.screens.report.frame import Frame
from mes.features.screens.report.links import Links
from mes.features.screens.report.periods import Period, beside, shifts_of
from mes.features.screens.report.places import place_name, places_to_choose, trail_to


def frame_of(chosen: Chosen, wanted: Wanted, links: Links) -> Frame:
    """The frame of a page; its own arguments besides place and period stay in every address."""
    known, site, period = chosen.known, chosen.site, chosen.period
    language = wanted.language

    def named(names: Mapping[str, str]) -> str:
        return name_of(names, language)

    def address(place: str, other: Period = period, measure: str = wanted.measure) -> str:
        query = {"place": place, "period": other.kind.value, "day": other.day.isoformat()}
        further = {"shift": other.shift, "policy": wanted.policy, "by": wanted.by}
        further.update({"measure": measure, **wanted.further})
        query.update({name: text for name, text in further.items() if text})
        return f"{wanted.path}?{urlencode(query)}"

    def reason_name(reason: str) -> str:
        found = known.reasons.get(reason) or known.reasons.get(reason.partition(" (")[0])
        return name_of(found.names, language, reason) if found else reason

    plan, first = chosen.plan, chosen.units[0]
    single = first if len(chosen.units) == 1 and first.code == chosen.code else None
    before, after = beside(plan, period, -1), beside(plan, period, 1)
    return Frame(
        place=chosen.code,
        place_name=place_name(known, site, chosen.code, named),
        trail=trail_to(known, site, chosen.code, single, named, address),
        places=places_to_choose(known, site, named),
        shifts=[
            (one.code, shift_label(first, one.code, language))
            for one in shifts_of(plan, period.day)
            if one.code != ALWAYS
        ],
        policies=sorted({*PROFILES, *known.policies}),
        policy=chosen.policy.name,
        before=address(chosen.code, before) if before else None,
        after=address(chosen.code, after) if after else None,
        links=links,
        address_by=lambda measure: f"{address(chosen.code, measure=measure)}#losses",
        address_of=address,
        address_in=address,
        reason_name=reason_name,
        unit_name=named,
        zone=site.time_zone,
    )


def shift_label(unit: WorkUnit, code: str, language: str) -> str:
    """What a shift is called, by the calendar of a work unit."""
    return name_of(unit.shift_names.get(code), language, code)
