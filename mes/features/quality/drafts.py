"""Check plans as people type them, and reading what was typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from mes.core.amounts import parse_amount
from mes.core.quality import Characteristic, Kind, characteristic_from, measure_of
from mes.core.refusal import Refusal
from mes.features.production.masters import CheckPlan, Masters

MINUTE_US = 60_000_000
MINUTES_MAX = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacteristicDraft:
    """A characteristic as it was typed; `key` empty: a new one."""

    key: str = ""
    ko: str = ""
    en: str = ""
    kind: str = "number"
    unit: str = ""
    target: str = ""
    lower: str = ""
    upper: str = ""
    decimals: str = ""
    required: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        limits = (self.target, self.lower, self.upper, self.decimals)
        return not any((self.ko, self.en, self.unit, *limits))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDraft:
    """A plan as it was typed; empty texts: not said (all items, all machines, not by count)."""

    ko: str
    en: str
    item: str = ""
    work_unit: str = ""
    segment: str = ""
    every_pieces: str = ""
    every_min: str = ""
    time_base: str = "running"
    first: bool = False
    middle: bool = False
    last: bool = False
    grace_pieces: str = ""
    grace_min: str = ""
    characteristics: Sequence[CharacteristicDraft] = ()


def draft_of(plan: CheckPlan, known: Masters) -> PlanDraft:
    """A plan as the form shows it."""
    when = plan.when
    item = known.materials.get(plan.material_id or 0)
    unit = known.work_units.get(plan.work_unit_id or 0)
    return PlanDraft(
        ko=plan.names.get("ko", ""),
        en=plan.names.get("en", ""),
        item=item.code if item else "",
        work_unit=unit.code if unit else "",
        segment="" if plan.segment is None else str(plan.segment),
        every_pieces="" if when.every_pieces is None else str(when.every_pieces),
        every_min="" if when.every_us is None else str(when.every_us // MINUTE_US),
        time_base="running" if when.by_running else "job",
        first=when.first,
        middle=when.middle,
        last=when.last,
        grace_pieces=str(when.grace_pieces) if when.grace_pieces else "",
        grace_min=str(when.grace_us // MINUTE_US) if when.grace_us else "",
        characteristics=[_typed(one) for one in plan.characteristics],
    )


def _typed(one: Characteristic) -> CharacteristicDraft:
    def shown(value: Decimal | None) -> str:
        return "" if value is None else format(value, "f")

    return CharacteristicDraft(
        key=one.key,
        ko=one.names.get("ko", ""),
        en=one.names.get("en", ""),
        kind=one.kind.value,
        unit=one.unit,
        target=shown(one.target),
        lower=shown(one.lower),
        upper=shown(one.upper),
        decimals=str(one.decimals) if one.kind is Kind.NUMBER else "",
        required=one.required,
    )


@dataclass(frozen=True, slots=True)
class DraftReader:
    """Reads typed fields; what cannot be read is noted and None."""

    mistakes: dict[str, str]

    def place(self, field: str, code: str, ids: Mapping[str, int]) -> int | None:
        if not code:
            return None
        found = ids.get(code)
        if found is None:
            self.mistakes[field] = "there is no such code"
        return found

    def whole(self, field: str, text: str, least: int, most: int) -> int | None:
        if not text:
            return None
        try:
            number = measure_of(text)
        except ValueError:
            number = Decimal("0.5")
        if number != int(number) or not least <= number <= most:
            self.mistakes[field] = f"a whole number from {least} to {most}"
            return None
        return int(number)

    def minutes(self, field: str, text: str, least: int) -> int | None:
        found = self.whole(field, text, least, MINUTES_MAX)
        return None if found is None else found * MINUTE_US

    def amount(self, field: str, text: str, *, positive: bool = False) -> Decimal | None:
        if not text:
            return None
        try:
            found = parse_amount(format(measure_of(text), "f"), field)
        except (ValueError, Refusal):
            found = Decimal(-1)
        if found < 0 or (positive and not found):
            self.mistakes[field] = "a number of pieces above zero"
            return None
        return found

    def characteristics(
        self, drafts: Iterable[CharacteristicDraft], used: set[str]
    ) -> list[Characteristic]:
        found: list[Characteristic] = []
        known = set(used)
        for number, draft in enumerate(one for one in drafts if not one.is_empty):
            one = self._characteristic(number, draft)
            taken = {other.key for other in found}
            if one.key not in used or one.key in taken:
                one = replace(one, key=_new_key(known))
            known.add(one.key)
            found.append(one)
        return found

    def _characteristic(self, number: int, draft: CharacteristicDraft) -> Characteristic:
        kind = draft.kind if draft.kind in set(Kind) else ""
        if not kind:
            self.mistakes[f"{number}.kind"] = "a number, pass or fail, or text"
        names = {"ko": draft.ko, "en": draft.en}
        if kind != Kind.NUMBER:
            return Characteristic(
                key=draft.key,
                names=names,
                kind=Kind(kind or Kind.TEXT),
                required=draft.required,
            )
        limits = {
            field: self._limit(f"{number}.{field}", getattr(draft, field))
            for field in ("target", "lower", "upper")
        }
        decimals = self.whole(f"{number}.decimals", draft.decimals, 0, 6)
        return characteristic_from(
            {
                "key": draft.key,
                "name": names,
                "kind": Kind.NUMBER.value,
                "unit": draft.unit,
                **{field: None if v is None else format(v, "f") for field, v in limits.items()},
                "decimals": _shown(limits.values()) if decimals is None else decimals,
                "required": draft.required,
            }
        )

    def _limit(self, field: str, text: str) -> Decimal | None:
        if not text:
            return None
        try:
            return measure_of(text)
        except ValueError as mistake:
            self.mistakes[field] = str(mistake)
            return None


def _shown(limits: Iterable[Decimal | None]) -> int:
    """As many decimals as the finest limit has."""
    exponents = [value.as_tuple().exponent for value in limits if value is not None]
    return max((-one for one in exponents if isinstance(one, int) and one < 0), default=0)


def _new_key(used: set[str]) -> str:
    number = 1
    while f"c{number}" in used:
        number += 1
    return f"c{number}"
