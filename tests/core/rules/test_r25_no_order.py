"""R25: standing without an order is ADOT, no breakdown; a breakdown with one is ADET."""

from __future__ import annotations

from typing import Any

from tests.core.cases import MINUTE_US, at, result

DAY: dict[str, Any] = {
    "runs": [{"start": at(0), "end": at(40), "material": "A"}],
    "states": [[at(0), "running"], [at(30), "stopped"]],
}


def test_the_stop_is_a_loss_while_the_order_is_loaded_and_no_order_behind_it() -> None:
    times = result(**DAY)["iso_us"]
    assert (times["ADET"], times["ADOT"]) == (10 * MINUTE_US, 20 * MINUTE_US)


def test_a_breakdown_stays_a_breakdown_without_an_order() -> None:
    down = {**DAY, "states": [[at(0), "running"], [at(30), "down"]]}
    times = result(**down)["iso_us"]
    assert (times["ADET"], times["ADOT"]) == (30 * MINUTE_US, 0)


def test_adot_is_inside_pbt_for_iso_and_outside_for_tpm() -> None:
    inside, outside = (result(**DAY, policy=name)["iso_us"]["PBT"] for name in ("iso22400", "tpm"))
    assert (inside, outside) == (60 * MINUTE_US, 40 * MINUTE_US)
