"""A plant of a trade as the text of a plant file."""

from __future__ import annotations

from io import StringIO

from ruamel.yaml import YAML

from mes.core.refusal import Refusal
from mes.features.plant.check import check
from mes.features.plant.trades import plant_of, shift_plans, trade_of

HEAD = """\
# {name} ({ko}), to begin with: change names, times, machines and items to your own.
# Check it with `mes plant check FILE`; docs/plant-file.md explains every key.
"""


def preset_text(trade: str, shifts_a_day: int, *, zone: str, day_starts: str) -> str:
    """The plant file of a trade as YAML text that `mes plant check` passes.

    Raises:
        Refusal: `trade_unknown` (404); `plant_invalid` (422): the zone or the time is none.
    """
    found = trade_of(trade)
    plan = next(one for one in shift_plans() if one.shifts_a_day == shifts_a_day)
    try:
        plant = plant_of(found, plan, zone=zone, day_starts=day_starts)
    except ValueError:
        message = f"{day_starts!r} is no time of day; write HH:MM"
        raise Refusal("plant_invalid", message, status=422, field="site.day_starts") from None
    mistakes = check(plant).mistakes
    if mistakes:
        first = mistakes[0]
        raise Refusal(
            "plant_invalid", f"{first.field}: {first.message}", status=422, field=first.field
        )
    yaml = YAML()
    yaml.width = 100
    yaml.allow_unicode = True
    text = StringIO(HEAD.format(name=found.names["en"], ko=found.names["ko"]))
    text.seek(0, 2)
    yaml.dump(plant, text)
    return text.getvalue()
