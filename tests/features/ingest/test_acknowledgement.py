"""What counts as arrived: a contiguous head, islands behind holes, repeats without effect."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mes.features.ingest.acknowledgement import Presence, from_json

RANGES = st.lists(
    st.integers(1, 60).flatmap(lambda a: st.tuples(st.just(a), st.integers(a, a + 8))), max_size=12
)


@given(ranges=RANGES, order=st.randoms())
def test_presence_is_the_set_of_numbers_that_arrived(
    ranges: list[tuple[int, int]], order: object
) -> None:
    present = Presence()
    for one in ranges:
        present = present.with_ranges([one])
    numbers = {n for first, last in ranges for n in range(first, last + 1)}
    head = 0
    while head + 1 in numbers:
        head += 1
    assert present.acked == head
    assert all(present.has(n) == (n in numbers) for n in range(1, 75))
    assert present.complete == all(n <= head for n in numbers)
    assert present == Presence().with_ranges(reversed(ranges))
    assert from_json(present.acked, [list(island) for island in present.islands]) == present


def test_a_hole_that_is_filled_joins_the_islands_behind_it() -> None:
    present = Presence().with_ranges([(1, 3), (5, 6), (8, 9)])
    assert (present.acked, present.islands) == (3, ((5, 6), (8, 9)))
    assert present.with_ranges([(4, 4)]).acked == 6
    assert present.with_ranges([(4, 7)]) == Presence(9)
