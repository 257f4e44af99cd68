"""Two people who change the same thing from the same page, for every form that the pages show.

Nobody keeps a list of the forms: they are found by the routes and the pages. Of two changes that
begin at the same page both stand afterwards, or the second is refused with a code and a sentence;
what the second person typed is still in the form, and sending that form again saves it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, product
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.html_forms import Form, forms_of
from tests.web.rivals import (
    DOINGS,
    STANDING,
    Cells,
    Change,
    Plant,
    changes,
    same_form,
    standing_plant,
)
from tests.web.test_every_form import LEAVE, OWN, send

ELSEWHERE = {
    "first_run.rename_form": "first_run_changed in test_first_run.py",
    "import_pages.confirm_form": "import_changed in test_imports.py",
    "instruction_pages.answer_form": "a proposal is answered once: test_instruction_pages.py",
    "label_pages.print_again_form": "prints once more, changes nothing that stands",
    "plant_pages.restore_form": "nothing is typed: it is in use again after either press",
    "report_files.again_form": "makes the same file once more",
    "role_pages.person_form": "roles_changed in test_roles_page.py",
    "routing_pages.draft_form": "master_changed in test_routings_page.py",
}
"""Endpoints that the small plant offers nothing for or that change nothing, and why it is well."""
ROUNDS = 3
TRIES = 6
"""So many things of a kind are tried until one of them can be changed."""
GONE, CONFLICT = 404, 409
ADDED = {
    "/printers": {"code": "two"},
    "/quality/plans": {"code": "two"},
    "/reports/schedules": {"folder": "two"},
    "/instructions": {"code": "two", "work_unit": "unit-21"},
    "/people": {"badge": "2002"},
    "/roles/accounts": {"login": "two"},
    "/items": {"code": "TWO"},
    "/reasons": {"code": "two"},
    "/plant/new/line": {"code": "two"},
}
"""Forms that add a thing, and what tells it from every other: two people choose the same."""
NO_CHANGE = Change(-1, None)
NOTHING = object()
INVALID = "nothing valid was typed"
SENTENCE = re.compile(r'role="alert"|class="card problem"')
CODE = re.compile(r'class="mono">[a-z]+(_[a-z]+)+<')
Pair = tuple[str, str]
BOOKS = re.compile(r"version|_at$|_by$|actor|^id$|sequence|revision")
"""Columns that note a change and are no part of it."""


@pytest.fixture(scope="module")
def plant(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """A plant in which there is something of everything that a form changes."""
    with standing_plant(tmp_path_factory, sqlite_template) as plant:
        yield plant


class Meeting:
    """Two people at the forms of a plant, and what went wrong."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.met: set[Pair] = set()
        self.tries: Counter[Pair] = Counter()
        self.idle: dict[Pair, str] = {}
        self.wrong: dict[Pair, str] = {}

    def all(self) -> None:
        """Let every form meet itself and the others about the same thing, as long as there are
        new ones: what was retired can be used again."""
        for _ in range(ROUNDS):
            known = len(self.met)
            pages: dict[str, list[Form]] = {}
            for form in self.plant.forms():
                own = form.action in LEAVE or form.action.startswith(OWN)
                if not own and (self.plant.place(form.action).thing or form.shows_something):
                    pages.setdefault(form.page, []).append(form)
            for forms in pages.values():
                for one, other in product(forms, forms):
                    self._meet(one, other)
            if len(self.met) == known:
                return

    def _meet(self, one: Form, other: Form) -> None:
        at, to = self.plant.place(one.action), self.plant.place(other.action)
        pair = (at.endpoint, to.endpoint)
        is_same = one.action == other.action
        if (
            pair in self.met
            or self.tries[pair] >= TRIES
            or at.thing != to.thing
            or not (is_same or at.thing)
        ):
            return
        self.tries[pair] += 1
        first, second = self.plant.again(one), self.plant.again(other)
        if first is None or second is None:
            return
        before = self.plant.cells()
        done = self._first(first, before)
        if done is None:
            self.idle.setdefault(pair, f"{one.page} {one.action}")
            return
        self.met.add(pair)
        problem = self._second(second, done if is_same else None, before)
        if problem:
            self.wrong[pair] = f"{one.page} {one.action}, then {other.action}: {problem}"

    def _sent(self, form: Form) -> httpx.Response:
        return send(self.plant.client, form, form.filled(), self.plant.token)

    def _first(self, form: Form, before: Cells) -> Change | None:
        for change in chain([NO_CHANGE] if not changes(form) else [], *changes(form)):
            if self._sent(change.made_in(form)).status_code == 303 and self.plant.cells() != before:
                return change
        return None

    def _second(self, form: Form, done: Change | None, before: Cells) -> str:
        middle = self.plant.cells()
        tries = [one for one in chain(*changes(form)) if one != done]
        if done is not None and done != NO_CHANGE:
            tries = [one for one in tries if one.place == done.place] or [done]
        problem = ""
        for change in tries or [NO_CHANGE]:
            now = self.plant.again(form) if done else None
            answer = self._sent(change.made_in(form))
            if answer.status_code == GONE and self.plant.again(form) is not None:
                return f"{GONE}, but it is there"
            if answer.status_code in (GONE, CONFLICT):
                problem = self._refused(answer, change, form, middle)
                if problem != INVALID:
                    return problem
            elif answer.status_code == 303:
                is_over = done is not None and now is not None and done.stands_in(now, form)
                return self._accepted(before, middle, is_over and change not in (done, NO_CHANGE))
            elif answer.status_code != 422:
                return f"answers {answer.status_code}"
        return problem or "nothing valid was typed"

    def _accepted(self, before: Cells, middle: Cells, is_over: bool) -> str:
        after = self.plant.cells()
        if is_over and after != middle:
            return "the first change is lost"
        lost = {
            cell
            for cell, value in middle.items()
            if value != before.get(cell, NOTHING)
            and after.get(cell, NOTHING) != value
            and not BOOKS.search(cell[2])
        }
        return f"takes back {sorted(map(str, lost))[:4]}" if lost else ""

    def _refused(self, answer: httpx.Response, change: Change, form: Form, middle: Cells) -> str:
        """What is wrong with a refusal: it writes nothing, speaks, keeps, and can be sent again."""
        if self.plant.cells() != middle:
            return "refused and written"
        if not SENTENCE.search(answer.text) or not CODE.search(answer.text):
            return f"{answer.status_code} without sentence or code"
        if change == NO_CHANGE:
            return ""
        shown = same_form(form, forms_of(form.page, answer.text))
        if shown is None:
            # The thing is gone and its form with it: texts are told once more, ticks mean nothing.
            kept = change.value is None or change.value in answer.text
            return "" if kept else f"{answer.status_code}: what was typed is gone"
        if not change.stands_in(shown, form):
            return f"{answer.status_code}: typed {form.fields[change.place].name} is gone"
        again = self._sent(shown)
        if again.status_code == 422:
            return INVALID
        if again.status_code != 303:
            return f"{answer.status_code}, and sent again {again.status_code}"
        return ""


def test_of_two_changes_none_is_lost(plant: Plant) -> None:
    meeting = Meeting(plant)
    meeting.all()
    assert not meeting.wrong, "\n".join(f"{pair}: {what}" for pair, what in meeting.wrong.items())
    unmet = {one for one, other in meeting.idle if one == other} - {one for one, _ in meeting.met}
    editing = {
        rule.endpoint
        for rule in plant.routes.iter_rules()
        if "POST" in (rule.methods or ())
        and not rule.rule.startswith("/api/")
        and rule.arguments - DOINGS
    }
    assert set(ELSEWHERE) <= editing
    missing = editing - {one for pair in meeting.met for one in pair} - set(ELSEWHERE)
    assert not missing, f"changed by nobody here: {sorted(missing)}, unchanged {sorted(unmet)}"


@pytest.mark.parametrize("address", ADDED)
def test_of_two_people_who_add_the_same_one_is_told_and_a_form_sent_twice_adds_once(
    plant: Plant, address: str
) -> None:
    fields = {**dict(STANDING)[address], **ADDED[address]}
    first, again = _added(plant, address, fields, "1"), _added(plant, address, fields, "1")
    assert first[0].status_code == 303, first[0].text[-2000:]
    assert first[1], "nothing was added"
    assert not again[1], "sent twice, added twice"
    named = "en" if "en" in fields else "name"
    late, written = _added(plant, address, {**fields, named: "Other"}, "2")
    assert (late.status_code, written) == (409, set()), late.text[-2000:]
    assert SENTENCE.search(late.text)
    assert CODE.search(late.text)
    assert named not in fields or "Other" in late.text, "what was typed is gone"


def _added(
    plant: Plant, address: str, fields: dict[str, Any], command: str
) -> tuple[httpx.Response, set[tuple[str, Any, str]]]:
    """Send a form that adds; the answer and what is kept since."""
    before = plant.cells()
    told = {**fields, "command_id": f"{address}-{command}", "csrf_token": plant.token}
    answer = plant.client.post(address, data=told)
    return answer, {cell for cell, value in plant.cells().items() if before.get(cell) != value}
