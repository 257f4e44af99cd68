"""What a label says comes from the job, the lot and the entries that name them."""

from __future__ import annotations

from typing import Any

import pytest

from mes.features.labels.compose import Asked, Composed, compose
from mes.features.labels.words import Captions
from mes.features.quantities.service import void_entry
from tests.features.commands.floor import DAY_START, MINUTE, Floor, refused

KO = Captions(
    language="ko",
    lot="로트",
    quantity="수량",
    job="작업지시",
    machine="설비",
    made="생산일",
    person="작업자",
    container="상자",
)


def labels(floor: Floor, job: str, person: str | None = None, **asked: Any) -> Composed:
    wanted = Asked(job_order=job, **asked)
    now = DAY_START + 60 * MINUTE
    return floor.ask(lambda s: compose(s, wanted, KO, person=person, now_us=now))


def running(floor: Floor) -> str:
    job = floor.job("bench-1", 1000)
    floor.start(job)
    return job


def said(found: Composed) -> dict[str, str]:
    return {one.caption: one.value for one in found.batch.labels()[0].fields}


def test_a_lot_fills_boxes_and_the_rest_has_a_label_of_its_own(floor: Floor) -> None:
    job = running(floor)
    floor.enter(10 * MINUTE, good=300, lot="LOT-7")
    floor.enter(20 * MINUTE, good=200, scrap=2, reason="burr", lot="LOT-7")
    floor.enter(30 * MINUTE, good=50)
    found = labels(floor, job, lot="lot-7", each="120")
    unit = found.batch.amounts[0].split()[1]
    assert [a.split()[0] for a in found.batch.amounts] == ["120", "120", "120", "120", "20"]
    assert found.batch.amounts[-1] == f"20 {unit}"
    assert found.batch.code == "LOT-7"
    assert found.batch.lot is not None
    assert found.batch.lot.value == "LOT-7"
    fields = said(found)
    assert fields["작업지시"] == job
    assert fields["작업자"] == "김민수"
    assert fields["상자"] == "1 / 5"
    assert fields["생산일"].startswith("20")
    assert labels(floor, job).total == 550, "without a lot: all of the job"
    assert labels(floor, job).batch.code == job, "and the code opens the job"


def test_entries_that_were_taken_back_are_not_on_the_label(floor: Floor) -> None:
    job = running(floor)
    wrong = floor.enter(10 * MINUTE, good=300, lot="LOT-7")
    floor.enter(20 * MINUTE, good=20, lot="LOT-7")
    floor.do(30 * MINUTE, lambda s, c: void_entry(s, c, wrong.command_id))
    assert labels(floor, job, lot="LOT-7").total == 20


def test_a_label_may_be_printed_before_anything_was_made(floor: Floor) -> None:
    job = floor.job("bench-1", 480)
    found = labels(floor, job, person="이영희", lot="A1", each=120, copies=2)
    assert found.batch.amounts[0].startswith("120 ")
    assert len(found.batch.amounts) == 4
    assert said(found)["작업자"] == "이영희"
    assert "작업자" not in said(labels(floor, job))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"quantity": "0"}, "impossible_quantity"),
        ({"quantity": "-5"}, "impossible_quantity"),
        ({"quantity": "nan"}, "impossible_quantity"),
        ({"quantity": "9" * 30}, "impossible_quantity"),
        ({"each": "0"}, "impossible_quantity"),
        ({"each": "1e-9"}, "impossible_quantity"),
        ({"copies": 0}, "impossible_quantity"),
        ({"copies": 51}, "impossible_quantity"),
        ({"quantity": "1000000", "each": "1"}, "too_many_labels"),
        ({"quantity": "500", "each": "1", "copies": 2}, "too_many_labels"),
        ({"lot": "로트"}, "lot_invalid"),
        ({"lot": "x" * 10_000}, "lot_invalid"),
    ],
)
def test_what_cannot_be_printed_is_refused(
    sqlite_floor: Floor, asked: dict[str, Any], code: str
) -> None:
    job = sqlite_floor.job("bench-1", 480)
    refused(code, lambda: labels(sqlite_floor, job, **asked))


def test_labels_need_a_job_of_the_same_item_as_the_lot(floor: Floor) -> None:
    job = running(floor)
    floor.enter(10 * MINUTE, good=1, lot="LOT-7")
    other = floor.job("bench-1", item="B")
    refused("lot_of_other_item", lambda: labels(floor, other, lot="LOT-7"))
    refused("job_unknown", lambda: labels(floor, "WO-0", lot="LOT-7"))
    assert labels(floor, job, lot="LOT-7").total == 1
