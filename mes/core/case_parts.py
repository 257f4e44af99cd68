"""The index of a figure that is given in parts: which parts there are and what they add (R10).

Each part is a whole `oee-case-bundle/1` in a file of its own. The index names every part with its
hash and the exact sums that it adds, and the figure of them all, so that a part that was lost,
repeated or changed is found before anything is printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from mes.core.case_error import CaseError
from mes.core.case_model import Span
from mes.core.instants import format_instant
from mes.core.oee import OeeResult
from mes.core.policies import Policy, parse_policy
from mes.core.tally import Tally

SCHEMA = "oee-case-parts/1"
INDEX = "index.json"
HOW = "the figure is that of the sum of the sums of all parts under this policy"
REMARKS = ("sum", "place", "rule", "share", "window", "work_units", "note")
"""Fields that may stand in an index and change nothing."""
PARTS_MAX = 20_000
"""Most parts of one figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part as the index names it.

    Attributes:
        file: its name beside the index.
        sha256: of its bytes, in hexadecimal.
        sums: what its cases add to the figure.
    """

    file: str
    sha256: str
    sums: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsIndex:
    """The parts of one figure, in order.

    Attributes:
        result: the figure as it was when the index was written; None: it does not say.
    """

    policy: Policy
    parts: tuple[Part, ...]
    result: Mapping[str, object] | None


def part_to_json(part: Part, work_unit: str, window: Span, cases: int) -> dict[str, object]:
    """A part as the index holds it."""
    return {
        "file": part.file,
        "work_unit": work_unit,
        "window": [format_instant(window.start), format_instant(window.end)],
        "cases": cases,
        "sha256": part.sha256,
        "sums": part.sums.to_json(),
    }


def parse_parts(data: object) -> PartsIndex:
    """Read an index from parsed JSON.

    Raises:
        CaseError: the first mistake, with field and reason.
    """
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise CaseError("schema", f"is not {SCHEMA!r}")
    for key in data:
        if key not in ("schema", "policy", "parts", "result", *REMARKS):
            raise CaseError(str(key), "is not a field of an index of parts")
    parts = data.get("parts")
    if not isinstance(parts, list):
        raise CaseError("parts", "is not a list of parts")
    if len(parts) > PARTS_MAX:
        raise CaseError("parts", f"has more than {PARTS_MAX} entries")
    if data.get("policy") is None:
        raise CaseError("policy", "is missing")
    result = data.get("result")
    if result is not None and not isinstance(result, dict):
        raise CaseError("result", "is not a result")
    read = tuple(_part(one, f"parts[{number}]") for number, one in enumerate(parts))
    if len({part.file for part in read}) < len(read):
        raise CaseError("parts", "names a file twice")
    return PartsIndex(policy=parse_policy(data["policy"]), parts=read, result=result)


def differing_kpi(index: PartsIndex, result: OeeResult) -> str | None:
    """A KPI that the index tells otherwise than the parts do; None: there is none."""
    told = (index.result or {}).get("kpis")
    if not isinstance(told, Mapping):
        return None
    made = result.to_json()["kpis"]
    if not isinstance(made, Mapping):
        return None
    return next(
        (key for key, value in told.items() if key in made and _other(value, made[key])), None
    )


def _other(told: object, made: object) -> bool:
    """Whether two ratios differ; a file's decimals are read exactly, a result prints floats."""
    return (float(told) if isinstance(told, Decimal | int) else told) != made


def _part(data: object, field: str) -> Part:
    if not isinstance(data, dict):
        raise CaseError(field, "is not a part")
    file, sha256, sums = (data.get(name) for name in ("file", "sha256", "sums"))
    if not isinstance(file, str) or not file or file == INDEX:
        raise CaseError(f"{field}.file", "is not the name of a part")
    if not isinstance(sha256, str):
        raise CaseError(f"{field}.sha256", "is not a hash")
    if not isinstance(sums, dict):
        raise CaseError(f"{field}.sums", "is not an object")
    try:
        return Part(file=file, sha256=sha256, sums=Tally.from_json(sums))
    except (KeyError, TypeError, ValueError, ZeroDivisionError, AttributeError) as error:
        raise CaseError(f"{field}.sums", f"is not a tally: {error}") from None
