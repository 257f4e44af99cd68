"""R19: a late fact derives again what it touches and nothing else, and gives what all gave."""

from __future__ import annotations

from mes.core.derive.states import derive_states
from tests.core.derive.facts import RULES, R, S, brief, signals
from tests.core.derive.ingest import Ingest

FACTS = signals((0, R), (20, S), (40, R), (60, S), (80, R))


def test_a_late_signal_changes_the_records_from_its_stop_on_only() -> None:
    ingest = Ingest()
    for fact in (*FACTS[:3], FACTS[4]):
        ingest.take(fact)
    before = list(ingest.records)
    ingest.take(FACTS[3])
    assert brief(before) == [
        (0, 20, "running", None, None),
        (20, 40, "stopped", 20, None),
        (40, None, "running", None, None),
    ]
    assert ingest.records[:2] == before[:2]
    assert brief(ingest.records)[2:] == [
        (40, 60, "running", None, None),
        (60, 80, "stopped", 60, None),
        (80, None, "running", None, None),
    ]


def test_a_late_signal_gives_the_records_of_all_signals() -> None:
    for late in range(len(FACTS)):
        ingest = Ingest()
        for fact in (*FACTS[:late], *FACTS[late + 1 :], FACTS[late]):
            ingest.take(fact)
        assert ingest.records == derive_states(FACTS, [], [], RULES).records
