"""Forms that change what stands already, as two people find them on the pages of one plant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from sqlalchemy import select
from werkzeug.routing import Map, MapAdapter

from mes.app import create_app
from mes.models import Base
from mes.settings import Settings
from tests.browser.site import asked_pages
from tests.web.html_forms import TYPED, Form, forms_of
from tests.web.serving import Served, csrf_token, plant_of_its_own
from tests.web.test_every_form import ADDRESSES, GIVEN

TRIED = ("{} A", "{} B", "6", "7", "08:10", "08:20", "Asia/Tokyo", "Asia/Shanghai", "n6", "n7")
"""What is typed instead of what stands in a field; some of it fits any field."""
KEPT_APART = frozenset({"audit_log", "session", "sign_in_attempt"})
"""Tables that note what was tried, or who is there."""

OF_A_LIST = 4
"""So many things of a list are looked at."""
FIELDS_TRIED = 3
DOINGS = frozenset({"way", "what", "kind"})
"""Parts of an address that name what is done, not the thing it is done to."""

CHECK_PLAN: dict[str, str | list[str]] = {
    "seen": "0",
    "ko": "치수",
    "en": "Size",
    "every_pieces": "120",
    "time_base": "running",
    "c_key": [""],
    "c_ko": ["외경"],
    "c_en": ["Diameter"],
    "c_kind": ["number"],
    "c_unit": ["mm"],
    "c_target": ["12.00"],
    "c_lower": ["11.95"],
    "c_upper": ["12.05"],
    "c_decimals": [""],
    "c_required": ["0"],
}

Cells = dict[tuple[str, Any, str], Any]
"""Table, id of a row and column -> what stands there."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field filled in otherwise; `value` None: ticked where it was not, and back."""

    place: int
    value: str | None

    def made_in(self, form: Form) -> Form:
        """The form as it is sent with the change."""
        made = deepcopy(form)
        if self.place < 0:
            return made
        one = made.fields[self.place]
        if self.value is None:
            one.sent = not one.sent
        else:
            one.value = self.value
        return made

    def stands_in(self, form: Form, before: Form) -> bool:
        """Whether a form shows the change."""
        wanted, name = self.made_in(before), before.fields[self.place].name
        return values(form, name) == values(wanted, name)


def values(form: Form, name: str) -> list[str]:
    """What a form sends under a name."""
    return [one.value for one in form.fields if one.name == name and one.sent]


def changes(form: Form) -> list[list[Change]]:
    """Field by field, what can be typed or chosen instead."""
    typed = [
        [Change(place, text.format(one.value).strip()) for text in TRIED]
        for place, one in enumerate(form.fields)
        if one.kind in TYPED
    ]
    chosen = [
        [Change(place, other) for other in one.options if other != one.value]
        for place, one in enumerate(form.fields)
        if one.kind == "select"
    ]
    ticked = [
        [Change(place, None)] for place, one in enumerate(form.fields) if one.kind == "checkbox"
    ]
    return [*typed[:FIELDS_TRIED], *chosen[:FIELDS_TRIED], *ticked[:FIELDS_TRIED]]


@dataclass(frozen=True, slots=True)
class Place:
    """What a form is sent to: the endpoint, and of what thing."""

    endpoint: str
    thing: tuple[str, ...]


@dataclass(slots=True)
class Plant:
    """The pages of a plant, as an administrator reads them."""

    served: Served
    routes: Map
    client: httpx.Client
    pages: Sequence[str]
    adapter: MapAdapter = field(init=False)
    token: str = field(init=False)

    def __post_init__(self) -> None:
        self.adapter = self.routes.bind("plant")
        self.token = csrf_token(self.client, "/people")

    def place(self, action: str) -> Place:
        """What a form is sent to."""
        endpoint, arguments = self.adapter.match(urlsplit(action).path, "POST")
        named = [str(one) for name, one in arguments.items() if name not in DOINGS]
        thing = (action.split("/")[1], *named) if named else ()
        return Place(endpoint, thing)

    def forms(self) -> Iterator[Form]:
        """Every form of every page, those behind the links of lists included."""
        asked: dict[tuple[str, tuple[str, ...]], set[str]] = {}
        waiting = list(self.pages)
        while waiting:
            address = waiting.pop(0)
            answer = self.client.get(address)
            if answer.status_code != 200 or "html" not in answer.headers["content-type"]:
                continue
            yield from forms_of(address, answer.text)
            for link in re.findall(r'href="(/[^"#]*\?[^"#]+)', answer.text):
                link = link.replace("&amp;", "&")
                path, query = urlsplit(link).path, urlsplit(link).query
                kind = (path, tuple(sorted({name for name, _ in parse_qsl(query)})))
                known = asked.setdefault(kind, set())
                if path in self.pages and link not in known and len(known) < OF_A_LIST:
                    known.add(link)
                    waiting.append(link)

    def again(self, form: Form) -> Form | None:
        """The form as its page shows it now."""
        return same_form(form, forms_of(form.page, self.client.get(form.page).text))

    def cells(self) -> Cells:
        """Everything that is kept."""
        with self.served.database.reading() as session:
            return {
                (name, tuple(row[key.name] for key in table.primary_key), column): value
                for name, table in Base.metadata.tables.items()
                if name not in KEPT_APART
                for row in session.execute(select(table)).mappings()
                for column, value in ((str(key), value) for key, value in row.items())
                if column != "seen_at"
            }


def same_form(form: Form, shown: Iterable[Form]) -> Form | None:
    """The form that is sent to the same address."""
    return next((one for one in shown if one.action == form.action), None)


PRINTER = {
    "name": "Zebra",
    "host": "10.0.0.9",
    "port": "9100",
    "dpi": "203",
    "width_mm": "100",
    "height_mm": "60",
    "graphics": "hex",
}
REASON = {"ko": "청소", "en": "Cleaning", "domain": "stop", "class": "unplanned_stop"}
STANDING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/printers", {**PRINTER, "code": "p1"}),
    ("/quality/plans", {**CHECK_PLAN, "code": "size-1"}),
    (
        "/reports/schedules",
        {
            "command_id": "s1",
            "kind": "oee_xlsx",
            "place": "busan",
            "period": "day",
            "policy": "",
            "language": "ko",
            "delay_min": "15",
            "folder": "day",
            "kept": "100",
        },
    ),
    ("/views", {"address": "/report?place=line-1", "name": "Line 1"}),
    ("/report/targets", {"place": "busan", "next": "/report", "oee": "80"}),
    ("/instructions", {"code": "w1", "ko": "작업", "en": "Work", "item": "BRKT-100"}),
    (
        "/routings/BRKT-100",
        {"seen": "", "number-0": "10", "ko-0": "프레스", "en-0": "Press", "line-0": "line-1"},
    ),
    ("/terminal/unit-12/enrol", {"command_id": "t1"}),
    ("/people", {"command_id": "p2", "name": "박철수", "badge": "1002", "role": "operator"}),
    ("/people", {"command_id": "p3", "name": "이영희", "badge": "1003", "role": "operator"}),
    ("/roles/accounts", {"command_id": "a2", "login": "second", "role": "manager"}),
    ("/printers", {**PRINTER, "code": "p2"}),
    ("/items", {"seen": "", "code": "AAA-1", "ko": "부품", "en": "Part", "unit": "pcs"}),
    ("/reasons", {**REASON, "code": "aaa"}),
    ("/reasons", {**REASON, "code": "aab"}),
    ("/plant/new/line", {"code": "line-0", "ko": "라인", "en": "Line"}),
)
"""What is entered first, so that every list has something to change."""


SHOWN_ON = {"/routings/BRKT-100": "/routings?item=BRKT-100"}


def add_standing(client: httpx.Client) -> None:
    """Enter it through the forms of the pages."""
    token = csrf_token(client, "/people")
    for address, fields in STANDING:
        page = client.get(SHOWN_ON.get(address, "/people"), follow_redirects=True)
        form = next((one for one in forms_of("", page.text) if one.action == address), None)
        marks = [] if form is None else values(form, "seen")
        seen = {"seen": marks[0]} if marks else {}
        answer = client.post(address, data={**fields, **seen, "csrf_token": token})
        assert answer.status_code == 303, (address, answer.status_code, answer.text[-3000:])


@contextmanager
def standing_plant(folders: pytest.TempPathFactory, template: Path) -> Iterator[Plant]:
    """A small plant in which there is something of everything that a form changes."""
    with plant_of_its_own(folders.mktemp("standing"), template) as served:
        routes = create_app(Settings(data_dir=folders.mktemp("routes"))).url_map
        with served.signed_in() as client:
            add_standing(client)
            site = asked_pages(client, folders.mktemp("site"), GIVEN, ADDRESSES)
            yield Plant(served, routes, client, [page.address for page in site.pages])
