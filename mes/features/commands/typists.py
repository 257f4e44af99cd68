"""Whether somebody was signed in when an entry was typed that arrives later."""

from __future__ import annotations

from mes.clock import plant_clock, real_now_us
from mes.core.instants import US_PER_S
from mes.core.refusal import Refusal
from mes.web.roles import Actor

TOLERANCE_US = 60 * US_PER_S
"""How far the clock of a tablet may have drifted while it had no server, real time."""


def check_life(who: Actor, age_us: int) -> None:
    """That the session in which an entry was typed lived then.

    Args:
        age_us: how long ago it was typed, plant time.

    Raises:
        Refusal: `typed_outside_session` (409).
    """
    if who.life is None:
        return
    typed = real_now_us() - int(age_us / plant_clock().speed)
    began, ended = who.life
    if not began - TOLERANCE_US <= typed <= ended + TOLERANCE_US:
        raise Refusal(
            "typed_outside_session",
            f"{who.label} was not signed in at this terminal when this was typed; sign in and "
            "send it again",
        )
