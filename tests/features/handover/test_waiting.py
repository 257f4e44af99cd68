"""Where the plant wants it, operators begin nothing before the shift before was taken over."""

from __future__ import annotations

from mes.features.handover.service import Shift, hand_over, take_over
from mes.features.handover.waiting import check_taken_over
from mes.models import Equipment
from mes.web.roles import Actor, ActorKind, Role
from tests.features.commands.floor import DAY_START, MINUTE, Floor, refused
from tests.features.handover.test_handover import as_lee
from tests.features.publishing.signing import DAY, SHIFT_END

SHIFT = Shift(line="line-1", day=DAY, shift="D")
LATER = SHIFT_END + 10 * MINUTE


def who(role: Role) -> Actor:
    return Actor(kind=ActorKind.ACCOUNT, id=3, label="park", roles=frozenset({role}))


def begin(floor: Floor, job: str, role: Role = Role.OPERATOR, at: int = LATER) -> None:
    floor.ask(lambda s: check_taken_over(s, who(role), job, DAY_START + at))


def wants_it(floor: Floor) -> None:
    with floor.database.transaction() as session:
        site = session.query(Equipment).filter_by(level="site").one()
        site.settings = {**site.settings, "work_waits_for_handover": True}


def test_work_waits_for_the_take_over_and_leads_never_wait(floor: Floor) -> None:
    job = floor.job("press-1")
    begin(floor, job)
    wants_it(floor)
    refusal = refused("handover_pending", lambda: begin(floor, job))
    assert refusal.details == {"line": "line-1", "day": DAY, "shift": "D"}
    begin(floor, job, Role.SUPERVISOR)
    floor.do(SHIFT_END, lambda s, c: hand_over(s, c, SHIFT))
    refused("handover_pending", lambda: begin(floor, job))
    floor.do(SHIFT_END + MINUTE, lambda s, c: take_over(s, as_lee(c), SHIFT))
    begin(floor, job)


def test_an_unknown_job_is_left_to_whoever_starts_it(floor: Floor) -> None:
    wants_it(floor)
    begin(floor, "nowhere-1")
