"""What the steps of the guide share: names as typed, refusals by field, one change of the plant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.commands.context import ActorJson
from mes.features.first_run.progress import Step
from mes.features.plant.edits import Edited, Plant, edit_plant

NAME_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A name in both languages; one that is empty takes the other."""

    ko: str
    en: str

    def row(self, field: str) -> dict[str, str]:
        """As a plant file writes it.

        Raises:
            Refusal: `first_run_invalid` (422): empty, too long, or not in one line.
        """
        ko, en = self.ko or self.en, self.en or self.ko
        if not ko or max(len(ko), len(en)) > NAME_MAX or not (ko + en).isprintable():
            raise invalid(field, f"a name has 1 to {NAME_MAX} characters in one line")
        return {"ko": ko, "en": en}


def invalid(field: str, message: str) -> Refusal:
    """A field of a step cannot be so."""
    return Refusal("first_run_invalid", f"{field}: {message}", status=422, field=field)


def edit_step(
    session: Session,
    actor: ActorJson,
    now_us: int,
    step: Step,
    subject: str,
    change: Callable[[Plant], None],
) -> Edited:
    return edit_plant(
        session, actor, now_us=now_us, action=f"first_run.{step}", subject=subject, change=change
    )


def unit_of(plant: Plant, code: str) -> dict[str, Any]:
    for line in plant.get("lines", []):
        for unit in line.get("work_units", []):
            if unit["id"] == code:
                found: dict[str, Any] = unit
                return found
    raise Refusal("unknown_work_unit", f"there is no work unit {code!r}", status=404)
