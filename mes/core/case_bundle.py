"""Several cases whose sum is one figure: of a line, a plant, or a long period (rule R10).

Tallies of the cases add up, results never do: a bundle's figure is `result_of` the sum of the
tallies of all its cases under its one policy. Each case is a whole `oee-case/1` of one work unit
and one stretch of time and may be computed alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from mes.core.case_error import CaseError
from mes.core.case_json import parse_case
from mes.core.case_model import Case
from mes.core.case_write import case_to_json
from mes.core.oee import OeeResult, result_of
from mes.core.policies import Policy, parse_policy
from mes.core.tally import sum_of, tally

SCHEMA = "oee-case-bundle/1"
HOW = "the figure is that of the sum of the tallies of all cases under this policy"
REMARKS = ("sum", "expect", "place", "rule", "window", "work_units", "note")
"""Fields that may stand in a bundle and change nothing."""
CASES_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Cases whose tallies add up to one figure under one policy."""

    policy: Policy
    cases: tuple[Case, ...]


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
    entries = data.get("cases")
    if not isinstance(entries, list) or not entries:
        raise CaseError("cases", "is not a list of cases")
    if len(entries) > CASES_MAX:
        raise CaseError("cases", f"has more than {CASES_MAX} entries")
    cases = tuple(_case(entry, index) for index, entry in enumerate(entries))
    policy = data.get("policy")
    if policy is not None:
        return Bundle(policy=parse_policy(policy), cases=cases)
    return bundle_of(cases)


def bundle_of(cases: tuple[Case, ...], policy: Policy | None = None) -> Bundle:
    """A bundle of cases under their one policy, or the one given.

    Raises:
        CaseError: `policy`: the cases have different ones and none is given.
    """
    if policy is None:
        different = {case.policy for case in cases}
        if len(different) != 1:
            raise CaseError("policy", "differs between the cases; name one for the sum")
        (policy,) = different
    return Bundle(policy=policy, cases=cases)


def compute_bundle(bundle: Bundle, policy: Policy | None = None) -> OeeResult:
    """The figure of the sum, under the bundle's policy or another."""
    return result_of(sum_of(tally(case) for case in bundle.cases), policy or bundle.policy)


def case_in_bundle(case: Case, work_unit: str) -> dict[str, object]:
    """A case as an entry of a bundle."""
    return {**case_to_json(case), "work_unit": work_unit}


def _case(entry: object, index: int) -> Case:
    try:
        return parse_case(entry)
    except CaseError as mistake:
        raise CaseError(f"cases[{index}].{mistake.field}", mistake.reason) from None
