"""Random cases for properties: any mess of overlapping input on a grid of minutes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.core.cases import at
from tests.core.oracle import Mess

STATES = ["running", "stopped", "down", "setup", "waiting", "off", "unknown"]
REASONS = {
    "lunch": "break",
    "meeting": "planned_stop",
    "die": "setup",
    "jam": "unplanned_stop",
    "blocked": "waiting",
}
SOME_REASON = st.sampled_from([None, "unlisted", *REASONS])
MINUTE = st.integers(-12, 40)
SPAN = st.tuples(MINUTE, MINUTE).map(lambda ends: (min(ends), max(ends)))
PROFILES = st.sampled_from(["iso22400", "tpm", "oee_com"])
POLICIES = PROFILES | st.fixed_dictionaries(
    {},
    optional={
        "planned_stop": st.sampled_from(["outside", "availability"]),
        "setup": st.sampled_from(["outside", "availability"]),
        "minor_stop": st.sampled_from(["effectiveness", "availability"]),
        "waiting": st.sampled_from(["outside", "availability", "effectiveness"]),
        "no_order": st.sampled_from(["outside", "availability"]),
        "unknown": st.sampled_from(["outside", "availability"]),
        "running_outside_plan": st.sampled_from(["adds", "excluded"]),
    },
)


def _disjoint(instants: list[int]) -> list[tuple[int, int]]:
    ordered = sorted(set(instants))
    return list(zip(ordered[::2], ordered[1::2], strict=False))


@st.composite
def messes(draw: st.DrawFn) -> Mess:
    """A window of 0 to 30 minutes with anything around and in it."""
    end = draw(st.integers(0, 30))
    return Mess(
        window=(0, end),
        as_of=draw(st.just(end) | st.integers(-5, 42)),
        limit=draw(st.integers(0, 8)),
        adds=draw(st.booleans()),
        reasons=REASONS,
        shifts=draw(st.none() | st.lists(SPAN, max_size=3)),
        planned=draw(
            st.lists(
                st.tuples(SPAN, st.sampled_from(["lunch", "meeting", "jam", "unlisted"])).map(
                    lambda entry: (*entry[0], entry[1])
                ),
                max_size=3,
            )
        ),
        runs=draw(st.none() | st.lists(MINUTE, max_size=8).map(_disjoint)),
        states=draw(
            st.dictionaries(MINUTE, st.tuples(st.sampled_from(STATES), SOME_REASON), max_size=10)
        ),
        intervals=draw(
            st.lists(
                st.tuples(SPAN, st.sampled_from(STATES), SOME_REASON).map(
                    lambda entry: (*entry[0], entry[1], entry[2])
                ),
                max_size=5,
            )
        ),
    )


def to_case(mess: Mess) -> dict[str, Any]:
    """The same as data of schema `oee-case/1`."""
    data: dict[str, Any] = {
        "schema": "oee-case/1",
        "window": [at(minute) for minute in mess.window],
        "as_of": at(mess.as_of),
        "minor_stop_limit_s": mess.limit * 60,
        "policy": {"running_outside_plan": "adds" if mess.adds else "excluded"},
        "reasons": mess.reasons,
        "failures": ["jam"],
        "materials": {"A": {"ideal_cycle_s": "7.5", "pieces_per_cycle": 4}},
        "planned": [[at(start), at(end), reason] for start, end, reason in mess.planned],
        "states": [[at(minute), *state] for minute, state in mess.states.items()],
        "intervals": [
            [at(start), at(end), state, reason] for start, end, state, reason in mess.intervals
        ],
    }
    if mess.shifts is not None:
        data["shifts"] = [[at(start), at(end)] for start, end in mess.shifts]
    if mess.runs is not None:
        data["runs"] = [
            {"start": at(start), "end": at(end), "material": "A"} for start, end in mess.runs
        ]
    return data


AMOUNT = st.integers(-3, 20) | st.sampled_from(["0.25", "-1.5", 0.1])
BOOKINGS = st.lists(
    st.fixed_dictionaries(
        {"at": MINUTE.map(at)},
        optional={
            "material": st.sampled_from(["A", "unrated"]),
            "good": AMOUNT,
            "scrap": AMOUNT,
            "rework": AMOUNT,
            "startup_scrap": AMOUNT,
            "estimated": st.booleans(),
        },
    ),
    max_size=6,
)
COUNTERS = st.lists(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(["total", "good", "scrap"]),
            "mode": st.sampled_from(["rollover", "resettable", "absolute", "pulse"]),
            "modulus": st.just(16),
            "max_per_s": st.none() | st.sampled_from(["0.1", 1]),
            "readings": st.dictionaries(MINUTE.map(at), st.integers(0, 15), max_size=8).map(
                lambda readings: [[moment, value] for moment, value in readings.items()]
            ),
        }
    ),
    max_size=3,
)


@st.composite
def working_messes(draw: st.DrawFn) -> Mess:
    """A machine that mostly runs and often stops, in a window that is mostly planned."""
    mess = draw(messes())
    changes = draw(
        st.lists(
            st.tuples(
                st.integers(0, 30),
                st.sampled_from(["running", "running", "stopped", "stopped", "down", *STATES]),
                SOME_REASON | st.none(),
            ),
            min_size=4,
            max_size=14,
        )
    )
    return replace(
        mess,
        window=(0, 30),
        as_of=draw(st.sampled_from([30, 30, 33, 24])),
        limit=draw(st.integers(1, 5)),
        shifts=draw(st.none() | st.just([(0, 20)]) | st.just([(-5, 12), (14, 40)])),
        planned=mess.planned[:1],
        runs=draw(st.none() | st.just([(0, 40)]) | st.just([(2, 15), (18, 29)])),
        states={-1: ("running", None), **{minute: (state, why) for minute, state, why in changes}},
        intervals=mess.intervals[:1],
    )


SOME_PIECES = st.lists(
    st.fixed_dictionaries(
        {"at": st.integers(0, 29).map(at), "material": st.just("A"), "good": st.integers(1, 30)},
        optional={"scrap": st.integers(0, 5), "rework": st.integers(0, 3)},
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """A whole random case with pieces, under a random policy: a working machine, or any mess."""
    if draw(st.booleans()):
        mess, pieces = draw(working_messes()), draw(SOME_PIECES)
    else:
        mess, pieces = draw(messes()), []
    return {
        **to_case(mess),
        "policy": draw(POLICIES),
        "quantities": [*pieces, *draw(BOOKINGS)],
        "counters": draw(COUNTERS),
    }
