"""Which job was loaded when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mes.core.derive.runs import (
    DefaultItem,
    Item,
    JobEvent,
    JobEventKind,
    JobRun,
    derive_runs,
    runs_at,
)

BRACKET, PLATE = Item(material="BRKT"), Item(material="PLATE")
START, PAUSE, RESUME, COMPLETE, CANCEL = JobEventKind


def event(at: int, kind: JobEventKind, job: str = "a") -> JobEvent:
    """An event of a job; job b makes plates, all others brackets."""
    item = PLATE if job == "b" else BRACKET
    return JobEvent(at=at, job=job, kind=kind, command_id=f"{at}-{job}-{kind}", item=item)


def spans(runs: list[JobRun]) -> list[tuple[object, int, int | None]]:
    """(job, start, end) of each run."""
    return [(run.job, run.start, run.end) for run in runs]


def test_a_job_is_loaded_from_its_start_until_it_is_completed_or_cancelled() -> None:
    events = [event(0, START), event(10, COMPLETE), event(20, START, "b"), event(30, CANCEL, "b")]

    assert spans(derive_runs(events)) == [("a", 0, 10), ("b", 20, 30)]
    assert [run.item for run in derive_runs(events)] == [BRACKET, PLATE]


def test_a_started_job_is_loaded_until_further_notice() -> None:
    assert spans(derive_runs([event(5, START)])) == [("a", 5, None)]


def test_pause_keeps_the_run_loaded() -> None:
    events = [event(0, START), event(10, PAUSE), event(20, RESUME), event(30, COMPLETE)]

    assert spans(derive_runs(events)) == [("a", 0, 30)]


def test_several_jobs_may_be_loaded_at_once() -> None:
    events = [event(0, START), event(5, START, "b"), event(10, COMPLETE)]
    runs = derive_runs(events)

    assert spans(runs) == [("a", 0, 10), ("b", 5, None)]
    assert [run.job for run in runs_at(runs, 7)] == ["a", "b"]


def test_the_end_of_a_run_belongs_to_the_next() -> None:
    runs = derive_runs([event(0, START), event(10, COMPLETE), event(10, START, "b")])

    assert [run.job for run in runs_at(runs, 10)] == ["b"]
    assert [run.job for run in runs_at(runs, 9)] == ["a"]


def test_a_completed_job_may_be_started_again() -> None:
    events = [event(0, START), event(10, COMPLETE), event(20, START)]

    assert spans(derive_runs(events)) == [("a", 0, 10), ("a", 20, None)]


def test_events_that_change_nothing_are_without_effect() -> None:
    events = [event(0, COMPLETE), event(5, PAUSE), event(10, START), event(20, START)]

    assert spans(derive_runs(events)) == [("a", 10, None)]


def test_a_resume_of_a_job_that_is_not_loaded_starts_it() -> None:
    assert spans(derive_runs([event(10, RESUME)])) == [("a", 10, None)]


def test_a_run_of_no_length_does_not_exist() -> None:
    assert derive_runs([event(10, COMPLETE), event(10, START)]) == []


def test_while_no_job_is_loaded_the_default_item_is() -> None:
    events = [
        event(10, START),
        event(20, COMPLETE),
        event(30, START, "b"),
        event(40, COMPLETE, "b"),
    ]

    runs = derive_runs(events, [DefaultItem(valid_from=0, item=BRACKET)])

    assert spans(runs) == [
        (None, 0, 10),
        ("a", 10, 20),
        (None, 20, 30),
        ("b", 30, 40),
        (None, 40, None),
    ]


def test_an_open_job_leaves_no_time_for_the_default_item() -> None:
    runs = derive_runs([event(10, START)], [DefaultItem(valid_from=10, item=PLATE)])

    assert spans(runs) == [("a", 10, None)]


def test_overlapping_jobs_leave_the_default_item_what_lies_outside_both() -> None:
    events = [event(0, START), event(5, START, "b"), event(8, COMPLETE, "b"), event(20, COMPLETE)]

    runs = derive_runs(events, [DefaultItem(valid_from=0, item=PLATE)])

    assert spans(runs) == [("a", 0, 20), ("b", 5, 8), (None, 20, None)]


def test_a_default_item_holds_from_its_date_until_the_next() -> None:
    defaults = [
        DefaultItem(valid_from=20, item=None),
        DefaultItem(valid_from=0, item=BRACKET),
        DefaultItem(valid_from=10, item=PLATE),
        DefaultItem(valid_from=30, item=PLATE),
        DefaultItem(valid_from=40, item=PLATE),
    ]

    runs = derive_runs([event(5, START), event(6, COMPLETE)], defaults)

    assert [(run.item, run.start, run.end) for run in runs if run.job is None] == [
        (BRACKET, 0, 5),
        (BRACKET, 6, 10),
        (PLATE, 10, 20),
        (PLATE, 30, None),
    ]


def test_a_job_behind_a_default_item_does_not_cut_it() -> None:
    defaults = [DefaultItem(valid_from=0, item=BRACKET), DefaultItem(valid_from=10, item=None)]

    runs = derive_runs([event(10, START), event(12, COMPLETE)], defaults)

    assert spans(runs) == [(None, 0, 10), ("a", 10, 12)]


@given(
    st.lists(
        st.builds(
            event,
            st.integers(0, 30),
            st.sampled_from(JobEventKind),
            st.sampled_from(["a", "b", "c"]),
        ),
        max_size=12,
    ).flatmap(lambda events: st.tuples(st.just(events), st.permutations(events)))
)
def test_any_order_of_arrival_gives_the_same_runs(
    orders: tuple[list[JobEvent], list[JobEvent]],
) -> None:
    defaults = [DefaultItem(valid_from=3, item=PLATE)]

    assert derive_runs(orders[0], defaults) == derive_runs(orders[1], defaults)


@given(
    st.lists(
        st.builds(
            event,
            st.integers(0, 30),
            st.sampled_from(JobEventKind),
            st.sampled_from(["a", "b"]),
        ),
        max_size=12,
    )
)
def test_with_a_default_item_something_is_always_loaded_and_never_beside_a_job(
    events: list[JobEvent],
) -> None:
    runs = derive_runs(events, [DefaultItem(valid_from=0, item=PLATE)])

    loaded = [runs_at(runs, at) for at in range(32)]

    assert all(found for found in loaded)
    assert not any(len(found) > 1 and any(r.job is None for r in found) for found in loaded)
