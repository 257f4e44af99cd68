"""The guide from an empty database: steps told by what is there, each saved by itself, once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.clock import plant_now_us, real_now_us
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.commands.context import Context
from mes.features.execution.service import start_job
from mes.features.first_run import service
from mes.features.first_run.account import check_code, make_first_account
from mes.features.first_run.machines import (
    NewMachines,
    add_machines,
    rename_machine,
    stored_machines,
    take_by_hand,
)
from mes.features.first_run.parts import Names
from mes.features.first_run.progress import (
    Progress,
    Step,
    minutes_to_first_part,
    read_progress,
    read_reminder,
)
from mes.features.first_run.service import NewItem, Site
from mes.features.people.service import create_account, create_person
from mes.features.people.terminals import accept_terminal, offer_terminal
from mes.features.plant.check import check
from mes.features.plant.export import export, exported
from mes.features.plant.service import apply
from mes.features.quantities.service import Entry, enter_quantities
from mes.models import Account, Reason
from mes.web.roles import Role
from mes.web.setup_code import (
    SETUP_CODE_FILE,
    forget_setup_code,
    is_setup_code,
    read_setup_code,
    renew_setup_code,
)

ACTOR = {"kind": "account", "id": 1, "label": "anna"}
PASSWORD = "correct horse battery staple"
BUSAN = Site(names=Names(ko="부산", en=""), zone="Asia/Seoul", day_starts="08:00")
PRESSES = NewMachines(
    line="",
    line_names=Names(ko="프레스 라인", en="Press line"),
    calendar="",
    names=Names(ko="프레스", en="Press"),
    count=2,
    by_hand=True,
    minor_stop_limit_s=120,
)
BRACKET = NewItem(
    code="BRKT-100",
    names=Names(ko="브라켓", en="Bracket"),
    unit="EA",
    cycle_s="3.5",
    pieces="2",
    machines=("press-1",),
)


def do(database: Database, act: Callable[[Session], object]) -> None:
    with database.transaction() as session:
        act(session)


def progress(database: Database) -> Progress:
    with database.reading() as session:
        return read_progress(session)


def found(database: Database, site: Site = BUSAN, seen: Site | None = None) -> None:
    do(database, lambda s: service.save_site(s, ACTOR, plant_now_us(), site, seen))


def machines(database: Database, new: NewMachines = PRESSES) -> None:
    do(database, lambda s: add_machines(s, ACTOR, plant_now_us(), new))


def item(database: Database, new: NewItem = BRACKET) -> None:
    do(database, lambda s: service.add_item(s, ACTOR, plant_now_us(), new))


def refused(database: Database, act: Callable[[Session], object]) -> Refusal:
    with pytest.raises(Refusal) as caught, database.transaction() as session:
        act(session)
    return caught.value


def context(number: int) -> Context:
    now = plant_now_us()
    return Context(command_id=f"first-run-{number}", actor=ACTOR, at=now, now=now)


def test_the_setup_code_is_there_until_the_first_account_and_for_its_owner_alone(
    database: Database, tmp_path: Path
) -> None:
    with database.transaction() as session:
        assert renew_setup_code(session, tmp_path)
    file = tmp_path / SETUP_CODE_FILE
    assert file.stat().st_mode & 0o777 == 0o600
    code = read_setup_code(tmp_path)
    assert code is not None
    for given in (code, code.lower(), code.replace("-", " "), f" {code}\n"):
        check_code(tmp_path, given)
    for wrong in ("", "-", code[:-1], code + "2", "AAAA-AAAA-AAAA-AAAA", "０"):
        with pytest.raises(Refusal) as caught:
            check_code(tmp_path, wrong)
        assert (caught.value.code, caught.value.status) == ("setup_code_wrong", 401)
    with database.transaction() as session:
        assert renew_setup_code(session, tmp_path)
        assert read_setup_code(tmp_path) != code, "each start has its own"
        make_first_account(session, login="anna", password=PASSWORD)
    with database.transaction() as session:
        assert not renew_setup_code(session, tmp_path)
    assert not file.exists()
    assert not is_setup_code("", read_setup_code(tmp_path)), "no code opens nothing"
    forget_setup_code(tmp_path)


def test_the_first_account_is_made_once_also_beside_a_disabled_one(database: Database) -> None:
    do(database, lambda s: make_first_account(s, login="anna", password=PASSWORD))
    second = refused(database, lambda s: make_first_account(s, login="eve", password=PASSWORD))
    assert (second.code, second.status) == ("setup_over", 409)
    with database.transaction() as session:
        session.scalars(select(Account)).one().disabled_at = 1
    assert (
        refused(database, lambda s: make_first_account(s, login="eve", password=PASSWORD)).code
        == "setup_over"
    )


def test_of_two_first_accounts_at_once_one_is_made(database: Database) -> None:
    ready, outcomes = threading.Barrier(2), []

    def make(login: str) -> None:
        ready.wait()
        try:
            do(database, lambda s: make_first_account(s, login=login, password=PASSWORD))
            outcomes.append("made")
        except Refusal as refusal:
            outcomes.append(refusal.code)

    both = [threading.Thread(target=make, args=(login,)) for login in ("anna", "eve")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(outcomes) == ["made", "setup_over"]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 1


def test_weak_passwords_are_refused_and_nothing_is_made(database: Database) -> None:
    weak = refused(database, lambda s: make_first_account(s, login="anna", password="anna-anna"))
    assert weak.code == "password_weak"
    do(database, lambda s: make_first_account(s, login="anna", password=PASSWORD))


def test_steps_follow_from_what_is_in_the_database(database: Database) -> None:
    do(database, lambda s: make_first_account(s, login="anna", password=PASSWORD))
    assert progress(database).next_step is Step.PLANT
    found(database)
    assert progress(database).next_step is Step.TRADE
    do(
        database,
        lambda s: service.apply_trade(s, ACTOR, plant_now_us(), trade="press", shifts="two-shift"),
    )
    assert progress(database).next_step is Step.MACHINES
    machines(database)
    assert progress(database).done == {Step.PLANT, Step.TRADE, Step.MACHINES, Step.DEVICES}
    item(database)
    assert progress(database).next_step is Step.PEOPLE
    do(database, operator_and_tablet)
    assert progress(database).next_step is Step.PART
    make_one(database)
    now = progress(database)
    assert (now.finished, now.done) == (True, frozenset(Step))
    with database.reading() as session:
        assert read_reminder(session) is None
        assert minutes_to_first_part(session, now.begun_at) == 1
        assert minutes_to_first_part(session, real_now_us() - 6 * 60_000_000) in (6, 7)
        assert minutes_to_first_part(session, None) is None
        plant = check(export(session)).plant
    assert plant is not None


def operator_and_tablet(session: Session) -> None:
    create_person(
        session, ACTOR, name="김민수", badge_no="1001", pin="271828", roles=[Role.OPERATOR]
    )
    accept_terminal(session, offer_terminal(session, ACTOR, equipment="press-1").code)


def make_one(database: Database) -> None:
    """An order of the guide, started, and one good piece."""
    with database.transaction() as session:
        job = service.order_first_job(
            session, context(1), item="BRKT-100", quantity="100", work_unit="press-1"
        )
        number = job.number
    do(database, lambda s: start_job(s, context(2), number))
    entry = Entry(job_order=number, good=1)
    do(database, lambda s: enter_quantities(s, context(3), "press-1", entry))


def test_an_optional_step_is_passed_when_a_later_one_is_done(database: Database) -> None:
    found(database)
    machines(database, PRESSES)
    now = progress(database)
    assert Step.TRADE not in now.done
    assert now.next_step is Step.ITEMS


def test_the_reminder_ends_when_somebody_dismisses_it(database: Database) -> None:
    with database.reading() as session:
        assert read_reminder(session) is None, "a plant that never began with the guide"
    found(database)
    with database.reading() as session:
        assert read_reminder(session) is not None, "founding the plant begins it"
    do(database, lambda s: service.dismiss(s, ACTOR))
    do(database, lambda s: service.dismiss(s, ACTOR))
    with database.reading() as session:
        assert read_reminder(session) is None
        assert read_progress(session).next_step is Step.TRADE, "it can still be gone on with"


def test_a_founded_plant_has_the_built_in_reasons_and_takes_a_file(database: Database) -> None:
    found(database)
    with database.transaction() as session:
        codes = set(session.scalars(select(Reason.code)))
        assert codes == {"blocked", "starved"}
        plant = check(export(session)).plant
        assert plant is not None
        report = apply(session, plant, actor="test", now_us=plant_now_us())
        assert (report.added, report.changed, report.conflicts) == ((), (), ())


def test_the_site_is_not_overwritten_by_who_saw_another_one(database: Database) -> None:
    found(database)
    stored = Site(names=Names(ko="부산", en="부산"), zone="Asia/Seoul", day_starts="08:00")
    other = Site(names=Names(ko="김해", en="Gimhae"), zone="Asia/Seoul", day_starts="07:00")
    assert (
        refused(database, lambda s: service.save_site(s, ACTOR, plant_now_us(), other, None)).code
        == "first_run_changed"
    )
    found(database, other, stored)
    with database.reading() as session:
        assert service.site_of(exported(session)) == other


def test_zone_and_day_stand_once_something_was_recorded(database: Database) -> None:
    found(database)
    machines(database)
    item(database)
    make_one(database)
    with database.reading() as session:
        stored = service.site_of(exported(session))
    later = Site(names=Names(ko="부산", en="Busan"), zone="Asia/Seoul", day_starts="06:00")
    assert (
        refused(database, lambda s: service.save_site(s, ACTOR, plant_now_us(), later, stored)).code
        == "plant_day_fixed"
    )
    renamed = Site(names=Names(ko="부산2", en="Busan 2"), zone="Asia/Seoul", day_starts="08:00")
    found(database, renamed, stored)


@pytest.mark.parametrize(
    ("site", "field"),
    [
        (Site(names=Names(ko="", en=""), zone="Asia/Seoul", day_starts="08:00"), "name"),
        (Site(names=Names(ko="a\nb", en=""), zone="Asia/Seoul", day_starts="08:00"), "name"),
        (Site(names=Names(ko="가" * 201, en=""), zone="Asia/Seoul", day_starts="08:00"), "name"),
        (Site(names=Names(ko="부산", en=""), zone="Mars", day_starts="08:00"), "site.time_zone"),
        (Site(names=Names(ko="부산", en=""), zone="Asia/Seoul", day_starts="8"), "site.day_starts"),
    ],
)
def test_a_site_that_cannot_be_is_refused_by_field(
    database: Database, site: Site, field: str
) -> None:
    refusal = refused(database, lambda s: service.save_site(s, ACTOR, plant_now_us(), site, None))
    assert (refusal.status, refusal.field) == (422, field)
    assert progress(database).next_step is Step.PLANT


def test_machines_get_free_codes_and_numbers(database: Database) -> None:
    found(database)
    machines(database)
    more = replace(PRESSES, line="press-line", by_hand=False, count=1)
    machines(database, more)
    korean = replace(
        PRESSES, line_names=Names(ko="세척", en=""), names=Names(ko="세척기", en=""), count=1
    )
    machines(database, korean)
    with database.reading() as session:
        lines = exported(session)["lines"]
    assert [(line["id"], [unit["id"] for unit in line["work_units"]]) for line in lines] == [
        ("press-line", ["press-1", "press-2", "press-3"]),
        ("line", ["machine"]),
    ]
    third = lines[0]["work_units"][2]
    assert (third["name"], third["minor_stop_limit_s"]) == (
        {"ko": "프레스 3", "en": "Press 3"},
        "120",
    )
    assert Step.DEVICES not in progress(database).done, "one waits for its device"
    do(
        database,
        lambda s: take_by_hand(s, ACTOR, plant_now_us(), ["press-1", "press-3"]),
    )
    assert Step.DEVICES in progress(database).done


def test_a_machine_that_somebody_renamed_meanwhile_keeps_that_name(database: Database) -> None:
    found(database)
    machines(database)
    seen = Names(ko="프레스 1", en="Press 1")
    first, second = Names(ko="대형", en="Large"), Names(ko="소형", en="Small")

    def rename(names: Names) -> Callable[[Session], object]:
        return lambda s: rename_machine(s, ACTOR, plant_now_us(), "press-1", names, seen)

    do(database, rename(first))
    assert refused(database, rename(second)).code == "first_run_changed"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"cycle_s": "0"}, "cycle_s"),
        ({"cycle_s": "-1"}, "cycle_s"),
        ({"cycle_s": "NaN"}, "cycle_s"),
        ({"cycle_s": "1e99"}, "cycle_s"),
        ({"cycle_s": "３.５"}, "cycle_s"),
        ({"pieces": "0"}, "pieces"),
        ({"pieces": "1.5"}, "pieces"),
        ({"machines": ()}, "machines"),
        ({"code": "a b"}, "items[0].code"),
        ({"code": ""}, "items[0].code"),
        ({"unit": ""}, "items[0].unit"),
        ({"names": Names(ko="", en="")}, "item"),
    ],
)
def test_an_item_that_cannot_be_is_refused_by_field(
    sqlite_database: Database, changed: dict[str, Any], field: str
) -> None:
    found(sqlite_database)
    machines(sqlite_database)
    wrong = replace(BRACKET, **changed)
    refusal = refused(sqlite_database, lambda s: service.add_item(s, ACTOR, plant_now_us(), wrong))
    assert (refusal.status, refusal.field) == (422, field)
    assert Step.ITEMS not in progress(sqlite_database).done


def test_an_item_keeps_its_name_and_takes_a_new_cycle(database: Database) -> None:
    found(database)
    machines(database)
    item(database)
    item(database, replace(BRACKET, cycle_s="4", machines=("press-1", "press-2")))
    other = replace(BRACKET, names=Names(ko="힌지", en="Hinge"))
    assert (
        refused(database, lambda s: service.add_item(s, ACTOR, plant_now_us(), other)).code
        == "item_taken"
    )
    with database.reading() as session:
        rates = [one["rates"] for one in stored_machines(session)]
    assert rates == [{"BRKT-100": "4"}, {"BRKT-100": "4"}]


def test_a_trade_is_applied_once_and_gives_lines_their_calendar(database: Database) -> None:
    found(database)
    machines(database)

    def apply_press(session: Session) -> None:
        service.apply_trade(session, ACTOR, plant_now_us(), trade="press", shifts="two-shift")

    do(database, apply_press)
    with database.reading() as session:
        once = exported(session)
    assert once["lines"][0]["calendar"] == "two-shift"
    do(database, apply_press)
    with database.reading() as session:
        assert exported(session) == once


def test_an_account_of_the_command_line_ends_the_setup_too(
    database: Database, tmp_path: Path
) -> None:
    do(database, lambda s: renew_setup_code(s, tmp_path))
    do(
        database,
        lambda s: create_account(
            s, ACTOR, login="bob", password=PASSWORD, roles=[Role.ADMINISTRATOR]
        ),
    )
    assert (
        refused(database, lambda s: make_first_account(s, login="eve", password=PASSWORD)).code
        == "setup_over"
    )
