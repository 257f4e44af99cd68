"""When a quality check is due: by count, by time, at the first, middle and last piece."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st

from mes.core.check_due import Done, Due, DueState, Found, JobSoFar, Occasion, When, done_of, due

MINUTE = 60_000_000
BY_COUNT = When(every_pieces=120, grace_pieces=10)


def job(made: int = 0, scrap: int = 0, now: int = 0, **more: object) -> JobSoFar:
    """A job of 1000 pieces that began at 0 and runs since, up to `now`."""
    known = JobSoFar(
        started_at=0,
        ended_at=None,
        good=made - scrap,
        scrap=scrap,
        ordered=1000,
        running=((0, now),) if now else (),
        runs=True,
    )
    return replace(known, **more)  # type: ignore[arg-type]  # fields by name


def found(
    at: int = 0,
    pieces: int = 0,
    occasion: Occasion = Occasion.PIECES,
    passed: bool = True,
    command: str = "a",
) -> Found:
    return Found(at=at, command_id=command, pieces=pieces, occasion=occasion, passed=passed)


def stands(when: When, so_far: JobSoFar, *results: Found, now: int = 0) -> tuple[str, str]:
    """State and occasion."""
    one = due(when, so_far, done_of(results), now)
    assert one is not None
    return one.state.value, one.occasion.value


def test_a_check_by_count_is_ahead_then_due_then_overdue_behind_its_grace() -> None:
    ahead = due(BY_COUNT, job(100, scrap=20), None, 0)
    assert ahead is not None
    assert (ahead.state, ahead.pieces_left) == (DueState.AHEAD, 20)
    assert stands(BY_COUNT, job(119)) == ("ahead", "pieces")
    assert stands(BY_COUNT, job(120, scrap=120)) == ("due", "pieces"), "scrap counts too"
    assert stands(BY_COUNT, job(130)) == ("due", "pieces")
    assert stands(BY_COUNT, job(131)) == ("overdue", "pieces")


def test_the_next_check_is_counted_from_the_one_before() -> None:
    assert stands(BY_COUNT, job(240), found(pieces=125)) == ("ahead", "pieces")
    assert stands(BY_COUNT, job(245), found(pieces=125)) == ("due", "pieces")


def test_the_first_piece_is_due_once_it_is_made_and_done_by_any_check() -> None:
    when = When(first=True)
    assert stands(when, job(0)) == ("ahead", "first")
    assert stands(when, job(1)) == ("due", "first")
    assert stands(when, job(2)) == ("overdue", "first")
    assert due(when, job(500), done_of([found(pieces=1)]), 0) is None


def test_the_middle_piece_is_due_at_half_of_the_order() -> None:
    when = When(middle=True, grace_pieces=5)
    assert stands(when, job(499)) == ("ahead", "middle")
    assert stands(when, job(500), found(pieces=499)) == ("due", "middle")
    assert due(when, job(800), done_of([found(pieces=500)]), 0) is None
    assert stands(when, job(2, ordered=3)) == ("due", "middle"), "half of three is two"
    assert due(when, job(1, ordered=1), None, 0) is None


def test_the_last_piece_is_due_when_the_order_is_made_or_the_job_has_ended() -> None:
    when = When(last=True, grace_us=10 * MINUTE)
    assert stands(when, job(999)) == ("ahead", "last")
    assert stands(when, job(1010, scrap=10), found(pieces=990)) == ("due", "last")
    done = found(pieces=1000, occasion=Occasion.LAST)
    assert due(when, job(1000), done_of([done]), 0) is None
    ended = job(700, ended_at=MINUTE)
    assert stands(when, ended, now=11 * MINUTE) == ("due", "last")
    assert stands(when, ended, now=11 * MINUTE + 1) == ("overdue", "last")
    assert due(when, ended, done_of([done]), 20 * MINUTE) is None
    assert due(when, job(0, ended_at=MINUTE), None, 20 * MINUTE) is None, "nothing was made"
    unknown = replace(ended, good=None, scrap=None)
    assert stands(when, unknown, now=2 * MINUTE) == ("due", "last")


def test_by_running_time_a_stop_does_not_bring_a_check_nearer() -> None:
    when = When(every_us=30 * MINUTE, grace_us=5 * MINUTE)
    ran = ((0, 20 * MINUTE), (60 * MINUTE, 65 * MINUTE))
    stopped = job(running=ran, runs=False)
    one = due(when, stopped, None, 90 * MINUTE)
    assert one == Due(occasion=Occasion.TIME, state=DueState.AHEAD, us_left=5 * MINUTE)
    running = job(running=(*ran, (90 * MINUTE, 94 * MINUTE)))
    one = due(when, running, None, 94 * MINUTE)
    assert one is not None
    assert (one.state, one.at) == (DueState.AHEAD, 95 * MINUTE)
    assert one.overdue_at == 100 * MINUTE + 1
    by_job = replace(when, by_running=False)
    assert stands(by_job, stopped, now=30 * MINUTE) == ("due", "time")
    assert stands(by_job, stopped, now=35 * MINUTE + 1) == ("overdue", "time")
    assert stands(by_job, stopped, found(at=20 * MINUTE), now=35 * MINUTE) == ("ahead", "time")


def test_what_is_out_of_range_is_checked_again_before_production_goes_on() -> None:
    bad = found(pieces=120, passed=False)
    assert stands(BY_COUNT, job(120), bad) == ("due", "recheck")
    assert stands(BY_COUNT, job(131), bad) == ("overdue", "recheck")
    good = found(at=1, pieces=125, command="b")
    assert stands(BY_COUNT, job(131), bad, good) == ("ahead", "pieces")


def test_where_several_are_due_the_last_piece_goes_before_the_count() -> None:
    when = replace(BY_COUNT, last=True, first=True, every_us=30 * MINUTE)
    assert stands(when, job(1000, now=MINUTE), found(pieces=880), now=MINUTE) == ("due", "last")


def test_ahead_tells_pieces_and_time_whichever_comes_first() -> None:
    when = replace(BY_COUNT, every_us=30 * MINUTE)
    one = due(when, job(100, now=10 * MINUTE), None, 10 * MINUTE)
    assert one is not None
    assert (one.pieces_left, one.us_left, one.at) == (20, 20 * MINUTE, 30 * MINUTE)


def test_a_plan_that_asks_for_nothing_has_no_check() -> None:
    assert due(When(), job(10), None, 0) is None


WHENS = st.builds(
    When,
    every_pieces=st.none() | st.integers(1, 50),
    every_us=st.none() | st.integers(1, 100),
    by_running=st.booleans(),
    first=st.booleans(),
    middle=st.booleans(),
    last=st.booleans(),
    grace_pieces=st.integers(0, 20),
    grace_us=st.integers(0, 50),
)
RESULTS = st.lists(
    st.builds(
        Found,
        at=st.integers(0, 100),
        command_id=st.text("abc", min_size=1, max_size=3),
        pieces=st.integers(0, 60),
        occasion=st.sampled_from(Occasion),
        passed=st.booleans(),
    ),
    max_size=4,
)
LEVEL = {None: 0, DueState.AHEAD: 1, DueState.DUE: 2, DueState.OVERDUE: 3}


def level(when: When, made: int, done: Done | None, now: int, ordered: int = 40) -> int:
    one = due(when, job(made, now=now, ordered=ordered), done, now)
    return LEVEL[None if one is None else one.state]


@given(WHENS, RESULTS, st.integers(0, 80), st.integers(1, 300))
def test_without_a_new_result_pieces_and_time_only_bring_a_check_nearer(
    when: When, results: list[Found], made: int, now: int
) -> None:
    done = done_of(results)
    by_pieces = [level(when, made + more, done, now) for more in range(0, 60, 7)]
    by_time = [level(when, made, done, now + more) for more in range(0, 200, 23)]
    for levels in (by_pieces, by_time):
        assert all(before <= after for before, after in pairwise(levels))


@given(WHENS, RESULTS, st.integers(0, 80), st.integers(1, 300))
def test_what_is_left_until_a_check_is_exact(
    when: When, results: list[Found], made: int, now: int
) -> None:
    done = done_of(results)
    one = due(when, job(made, now=now, ordered=40), done, now)
    if one is None or one.state is not DueState.AHEAD:
        return
    if one.pieces_left is not None:
        left = int(one.pieces_left)
        assert level(when, made + left, done, now) >= 2
        assert level(when, made + left - 1, done, now) == 1
    if one.at is not None:
        assert level(when, made, done, one.at) >= 2
        assert level(when, made, done, one.at - 1) == 1
    if one.overdue_at is not None:
        assert level(when, made, done, one.overdue_at) == 3
        assert level(when, made, done, one.overdue_at - 1) == 2


@given(WHENS, st.integers(1, 80), st.integers(1, 300))
def test_right_behind_a_good_check_of_the_last_piece_nothing_is_due(
    when: When, made: int, now: int
) -> None:
    one = found(at=now, pieces=made, occasion=Occasion.LAST)
    more = [] if made >= 20 else [found(at=now, pieces=20, command="0")]
    assert level(when, made, done_of([one, *more]), now) <= 1


@given(RESULTS)
def test_results_come_to_the_same_in_whatever_order_they_arrive(results: list[Found]) -> None:
    unique = list({(one.at, one.command_id): one for one in results}.values())
    sums = [done_of(order) for order in permutations(unique)]
    assert all(one == sums[0] for one in sums)
    assert sums[0] is None or Done.from_json(sums[0].to_json()) == sums[0]
