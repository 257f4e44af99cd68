"""Why a figure by item, order, shift or crew is what it is: its formula, times and pieces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from mes.core.figures import part_of
from mes.core.formulas import filled
from mes.core.kpis import KPIS, Kpi
from mes.core.oee import OeeResult, result_of
from mes.core.policies import Policy
from mes.core.refusal import Refusal
from mes.features.explain import words as say
from mes.features.explain.view import (
    FACTORS,
    LOOKS,
    Shown,
    kpi_definition,
    kpi_name,
    shown_formula,
    shown_pieces,
    shown_term,
)
from mes.features.oee.rollup_answer import GroupSum, group_sums
from mes.features.oee.rollup_query import Group
from mes.features.screens.language import name_of
from mes.features.screens.report import words
from mes.features.screens.report.asked import Chosen
from mes.features.screens.report.groups import (
    figures_request,
    group_label,
    group_of,
    group_word,
    in_period,
)
from mes.features.screens.report.view import period_words
from mes.features.screens.report.words import _


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupAsked:
    """Which figure is asked for: `value` of the group, empty for what belongs to none."""

    group: Group
    value: str
    kpi: Kpi
    arguments: Mapping[str, str]

    def address(self, kpi: str) -> str:
        """The same page about another figure."""
        return f"/explain/group?{urlencode({**self.arguments, 'kpi': kpi})}"


def shown_group(
    session: Session, chosen: Chosen, wanted: GroupAsked, language: str, now_us: int
) -> Shown:
    """Everything that the page shows.

    Raises:
        Refusal: `group_unknown` (404): the period has no such row.
    """
    found = _sum_of(session, chosen, wanted, now_us)
    result = result_of(found.sums, chosen.policy)
    made = filled(result, wanted.kpi)
    value = say.value_word(made.value, wanted.kpi.unit)
    label = group_label(
        chosen.known, wanted.group, found.value, found.work_units, lambda n: name_of(n, language)
    )
    return {
        "title": _("Why is there no value?") if made.value is None else _("Why %(n)s?", n=value),
        "kpi": wanted.kpi.key,
        "kpi_name": kpi_name(wanted.kpi, language),
        "definition": kpi_definition(wanted.kpi, language),
        "kpis": [(one.key, name_of(one.names, language)) for one in KPIS],
        "place": f"{group_word(wanted.group)}: {label}",
        "subtitle": _subtitle(chosen, found, language),
        "value": value,
        "cause": None if made.cause is None else say.cause_word(str(made.cause)),
        "exact": None if made.value is None else repr(float(made.value)),
        "formula": shown_formula(made),
        "symbols": wanted.kpi.formula,
        "terms": [shown_term(term) for term in made.terms],
        "factors": _factors(result, wanted, language) if wanted.kpi.key == "oee" else [],
        "flags": [words.flag_word(flag) for flag in result.flags],
        "coverage": words.percent(result.coverage),
        "materials": shown_pieces(found.sums.pieces, chosen.policy),
        "classes": _classes(result, chosen.policy),
        "window_minutes": words.minutes(found.sums.window_us),
        "window_seconds": say.seconds(found.sums.window_us),
        "case": found.case,
        "report": f"/report?{urlencode({**wanted.arguments, 'value': ''})}#groups",
        "hidden": list(wanted.arguments.items()),
    }


def group_asked(chosen: Chosen, by: str, value: str, kpi: Kpi) -> GroupAsked:
    """What is asked for, with the arguments of an address that stays the same later."""
    group = group_of(by)
    arguments = {
        "place": chosen.code,
        "period": chosen.period.kind.value,
        "day": chosen.period.day.isoformat(),
        "shift": chosen.period.shift or "",
        "policy": chosen.policy.name,
        "by": group.value,
        "value": value,
    }
    return GroupAsked(group=group, value=value, kpi=kpi, arguments=arguments)


def _sum_of(session: Session, chosen: Chosen, wanted: GroupAsked, now_us: int) -> GroupSum:
    request = figures_request(chosen.known, chosen.code, chosen.period, chosen.policy, wanted.group)
    for one in group_sums(session, request, now_us):
        if one.value == wanted.value and in_period(one.shift, chosen.period):
            return one
    raise Refusal("group_unknown", "there is no such row in this period", status=404, field="value")


def _subtitle(chosen: Chosen, found: GroupSum, language: str) -> str:
    names = [
        name_of(chosen.known.work_units[chosen.known.work_unit_ids[code]].names, language, code)
        for code in found.work_units
    ]
    return " · ".join(
        (
            period_words(
                chosen.period,
                {
                    code: name_of(held, language, code)
                    for code, held in chosen.units[0].shift_names.items()
                },
            ),
            _(
                "profile %(name)s v%(version)s",
                name=chosen.policy.name,
                version=chosen.policy.version,
            ),
            ", ".join(names),
        )
    )


def _factors(result: OeeResult, wanted: GroupAsked, language: str) -> list[Shown]:
    names = {kpi.key: name_of(kpi.names, language) for kpi in KPIS}
    return [
        {
            "label": names[key],
            "value": say.value_word(result.kpis[key], "1"),
            "address": wanted.address(key),
        }
        for key in FACTORS
    ]


def _classes(result: OeeResult, policy: Policy) -> list[Shown]:
    whole, reached = max(1, result.figures.window_us), 0
    rows: list[Shown] = []
    for one, us in result.figures.times_us.items():
        if not us:
            continue
        look, symbol = LOOKS[one]
        rows.append(
            {
                "label": words.class_word(one),
                "look": look,
                "icon": symbol,
                "part": say.part_word(part_of(one, policy)),
                "minutes": words.minutes(us),
                "seconds": say.seconds(us),
                "left": f"{reached / whole * 100:.3f}",
                "width": f"{us / whole * 100:.3f}",
            }
        )
        reached += us
    return rows
