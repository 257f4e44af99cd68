"""Merging per line: at once when idle, one message a window when busy, nothing lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mes.live.merge import Merger

WINDOW = 0.1


def test_the_first_change_is_due_at_once_and_the_next_after_the_window() -> None:
    merger = Merger(WINDOW)
    merger.add("line-1", 7)
    assert merger.take_due(5.0) == {"line-1": {7}}
    merger.add("line-1", 8)
    assert merger.take_due(5.05) == {}
    assert merger.next_due() == 5.0 + WINDOW
    assert merger.take_due(5.1) == {"line-1": {8}}
    assert merger.next_due() is None


def test_lines_do_not_wait_for_each_other() -> None:
    merger = Merger(WINDOW)
    merger.add("line-1", 1)
    merger.take_due(5.0)
    merger.add("line-1", 1)
    merger.add("line-2", 2)
    assert merger.take_due(5.01) == {"line-2": {2}}


def test_what_could_not_be_sent_waits_again() -> None:
    merger = Merger(WINDOW)
    merger.add("line-1", 1)
    taken = merger.take_due(5.0)
    merger.add("line-1", 2)
    merger.put_back(taken)
    assert merger.take_due(5.2) == {"line-1": {1, 2}}


changes = st.lists(
    st.tuples(
        st.floats(0, 0.3), st.sampled_from(["line-1", "line-2", "line-3"]), st.integers(0, 3)
    ),
    max_size=60,
)


@given(changes)
def test_every_change_is_sent_within_a_window_and_no_line_twice_in_one(
    steps: list[tuple[float, str, int]],
) -> None:
    merger = Merger(WINDOW)
    now = 0.0
    last_sent: dict[object, float] = {}
    waiting: dict[tuple[str, int], float] = {}

    def send() -> None:
        for line, units in merger.take_due(now).items():
            assert now - last_sent.get(line, -1.0) >= WINDOW - 1e-9
            last_sent[line] = now
            for unit in units:
                assert now - waiting.pop((str(line), unit)) <= WINDOW + 1e-9

    for pause, line, unit in steps:
        until = now + pause
        while (due := merger.next_due()) is not None and due <= until:
            now = max(now, due)
            send()
        now = until
        merger.add(line, unit)
        waiting.setdefault((line, unit), now)
        send()
    while (due := merger.next_due()) is not None:
        now = max(now, due)
        send()
    assert waiting == {}
    assert merger.waiting == 0
