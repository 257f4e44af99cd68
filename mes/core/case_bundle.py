"""Several cases whose sum is one figure: of a line, a plant, or a long period (rule R10).

Tallies of the cases add up, results never do: a bundle's figure is `result_of` the sum of the
tallies of all its cases under its one policy. Each case is a whole `oee-case/1` of one work unit
and one stretch of time and may be computed alone. One with `"count": "pieces"` adds its pieces and
no time: those of an order that were made while another one was loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from mes.core.case_error import CaseError
from mes.core.case_fields import choice
from mes.core.case_json import parse_case
from mes.core.case_model import Case
from mes.core.case_write import case_to_json
from mes.core.oee import OeeResult, result_of
from mes.core.policies import Policy, parse_policy
from mes.core.tally import Tally, pieces_alone, sum_of, tally

SCHEMA = "oee-case-bundle/1"
HOW = "the figure is that of the sum of the tallies of all cases under this policy"
REMARKS = ("sum", "expect", "place", "rule", "share", "window", "work_units", "note")
"""Fields that may stand in a bundle and change nothing."""
CASES_MAX = 10_000


class Count(StrEnum):
    """What a case adds to the sum."""

    ALL = "all"
    PIECES = "pieces"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A case of a bundle and what it adds."""

    case: Case
    count: Count = Count.ALL

    @property
    def tally(self) -> Tally:
        """What the entry adds to the sum."""
        sums = tally(self.case)
        return sums if self.count is Count.ALL else pieces_alone(sums)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Cases whose tallies add up to one figure under one policy."""

    policy: Policy
    entries: tuple[Entry, ...]


def is_bundle(data: object) -> bool:
    """Whether parsed JSON says that it is a bundle."""
    return isinstance(data, dict) and data.get("schema") == SCHEMA


def parse_bundle(data: object) -> Bundle:
    """Read a bundle from parsed JSON.

    Raises:
        CaseError: the first mistake, with field and reason.
    """
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise CaseError("schema", f"is not {SCHEMA!r}")
    for key in data:
        if key not in ("schema", "policy", "cases", *REMARKS):
            raise CaseError(str(key), "is not a field of a bundle")
    cases = data.get("cases")
    if not isinstance(cases, list):
        raise CaseError("cases", "is not a list of cases")
    if len(cases) > CASES_MAX:
        raise CaseError("cases", f"has more than {CASES_MAX} entries")
    entries = tuple(_entry(case, index) for index, case in enumerate(cases))
    policy = data.get("policy")
    if policy is not None:
        return Bundle(policy=parse_policy(policy), entries=entries)
    return bundle_of(entries)


def bundle_of(entries: tuple[Entry, ...], policy: Policy | None = None) -> Bundle:
    """A bundle of cases under their one policy, or the one given.

    Raises:
        CaseError: `policy`: none is given, and the cases have different ones or there is none.
    """
    return Bundle(policy=policy or one_policy(e.case.policy for e in entries), entries=entries)


def one_policy(policies: Iterable[Policy]) -> Policy:
    """The policy that all have.

    Raises:
        CaseError: `policy`: they differ, or there is none.
    """
    different = set(policies)
    if not different:
        raise CaseError("policy", "is missing, and there is no case that has one")
    if len(different) > 1:
        raise CaseError("policy", "differs between the cases; name one for the sum")
    (policy,) = different
    return policy


def compute_bundle(bundle: Bundle, policy: Policy | None = None) -> OeeResult:
    """The figure of the sum, under the bundle's policy or another."""
    return result_of(sum_of(entry.tally for entry in bundle.entries), policy or bundle.policy)


def entry_to_json(entry: Entry, work_unit: str) -> dict[str, object]:
    """An entry as a bundle holds it."""
    count = {} if entry.count is Count.ALL else {"count": entry.count.value}
    return {**case_to_json(entry.case), "work_unit": work_unit, **count}


def _entry(data: object, index: int) -> Entry:
    try:
        if not isinstance(data, dict):
            return Entry(case=parse_case(data))
        given = dict(data)
        count = choice(given.pop("count", Count.ALL.value), "count", Count, "count")
        return Entry(case=parse_case(given), count=Count(count))
    except CaseError as mistake:
        raise CaseError(f"cases[{index}].{mistake.field}", mistake.reason) from None
