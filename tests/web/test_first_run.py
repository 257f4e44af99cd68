"""The first account and the guide in the browser: once only, nothing lost, nothing doubled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from mes.features.people import service
from mes.features.plant.export import exported
from mes.web.roles import Role
from mes.web.setup_code import SETUP_CODE_FILE, renew_setup_code
from tests.web.serving import ACTOR, PASSWORD, Served, add_people, csrf_token, serve

TRIES = 4
STEPS = ("plant", "trade", "machines", "items", "devices", "people", "part")
PLANT = {"name_ko": "부산", "name_en": "Busan", "zone": "Asia/Seoul", "day_starts": "08:00"}
MACHINES = {
    "line_name_ko": "라인",
    "line_name_en": "Line",
    "machine_ko": "프레스",
    "machine_en": "Press",
    "count": "2",
    "limit": "300",
    "way": "hand",
}
ITEM = {
    "item_code": "BRKT-1",
    "item_ko": "브라켓",
    "item_en": "Bracket",
    "unit": "EA",
    "cycle_s": "3.5",
    "pieces": "1",
    "machines": "press-1",
}
SCRIPT = "<script>alert(1)</script>"
LONG = "가" * 10_000


@contextmanager
def empty(folder: Path, template: Path, tries: int = 1000) -> Iterator[Served]:
    """A web process on an empty database with the code of a first start.

    Args:
        tries: how often one address may sign in or try the code in a minute.
    """
    folder.mkdir(exist_ok=True)
    with serve(folder, template, MES_SIGN_INS_PER_MINUTE=str(tries)) as running:
        with running.database.transaction() as session:
            renew_setup_code(session, folder)
        yield running


@pytest.fixture
def fresh(sqlite_template: Path, tmp_path: Path) -> Iterator[Served]:
    with empty(tmp_path / "web", sqlite_template) as running:
        yield running


@pytest.fixture(scope="module")
def begun(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A plant whose administrators are there, and nothing else."""
    folder = tmp_path_factory.mktemp("begun")
    with empty(folder, sqlite_template) as running:
        running.tokens = add_people(running.database)
        with running.database.transaction() as session:
            service.create_account(
                session, ACTOR, login="chief", password=PASSWORD, roles=[Role.ADMINISTRATOR]
            )
        yield running


def code_of(served: Served) -> str:
    return (served.data / SETUP_CODE_FILE).read_text().strip()


def account(client: httpx.Client, **fields: str) -> httpx.Response:
    """The form of the first account."""
    form = {"login": "anna", "password": PASSWORD, "again": PASSWORD, **fields}
    return client.post("/welcome", data={"csrf_token": csrf_token(client, "/welcome"), **form})


def send(client: httpx.Client, step: str, *, form: str = "", **fields: str) -> httpx.Response:
    """The form of a step, as a browser sends it; `form` is the identity of a form shown before."""
    page = client.get(f"/welcome/{step.partition('/')[0]}").text
    token = page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
    return client.post(
        f"/welcome/{step}", data={"csrf_token": token, "form_id": form or shown(page), **fields}
    )


def shown(page: str) -> str:
    """The identity of the first form of a page."""
    found = re.search(r'name="form_id" value="(\w+)"', page)
    return "" if found is None else found[1]


def machines_of(served: Served) -> list[str]:
    with served.database.reading() as session:
        lines = exported(session).get("lines", [])
    return [unit["id"] for line in lines for unit in line["work_units"]]


def seen(page: str) -> dict[str, str]:
    """What a page says that it showed."""
    return dict(re.findall(r'name="(seen_\w+)" value="([^"]*)"', page))


def test_everything_leads_to_the_first_account_until_it_is_made(fresh: Served) -> None:
    with fresh.client() as stranger:
        for address in ("/", "/sign-in", "/report", "/enrol", "/welcome/plant"):
            assert stranger.get(address).headers["location"] == "/welcome", address
        assert stranger.get("/api/v1/work-orders").status_code == 401
        assert stranger.get("/welcome?code=AB-12").text.count('value="AB-12"') == 1
        made = account(stranger, code=code_of(fresh).lower())
        assert (made.status_code, made.headers["location"]) == (303, "/welcome")
        assert stranger.get("/welcome").headers["location"] == "/welcome/plant"
        assert stranger.get("/").headers["location"] == "/welcome", "the plant is empty"
    assert not (fresh.data / SETUP_CODE_FILE).exists()
    with fresh.client() as stranger:
        assert stranger.get("/welcome").headers["location"] == "/sign-in?next=/welcome"
        assert stranger.get("/report").headers["location"].startswith("/sign-in")


def test_the_code_makes_one_account_and_never_another(fresh: Served) -> None:
    code = code_of(fresh)
    with fresh.client() as first, fresh.client() as second:
        token = csrf_token(second, "/welcome")
        assert account(first, code=code).status_code == 303
        form = {"login": "eve", "password": PASSWORD, "again": PASSWORD, "code": code}
        late = second.post("/welcome", data={"csrf_token": token, **form})
        assert (late.status_code, "setup_code_wrong" in late.text) == (401, True)
        (fresh.data / SETUP_CODE_FILE).write_text(code)
        again = second.post("/welcome", data={"csrf_token": token, **form})
        assert (again.status_code, "setup_over" in again.text) == (409, True)
    with fresh.client() as stranger:
        assert stranger.get("/welcome").headers["location"].startswith("/sign-in")


def test_guesses_at_the_code_are_limited(sqlite_template: Path, tmp_path: Path) -> None:
    limited = empty(tmp_path / "web", sqlite_template, TRIES)
    with limited as served, served.client() as stranger:
        for _ in range(TRIES):
            assert account(stranger, code="AAAA-AAAA-AAAA-AAAA").status_code == 401
        right = account(stranger, code=code_of(served))
        assert right.status_code == 429, "even the right one has to wait"


def test_what_is_wrong_with_an_account_is_told_and_the_rest_is_kept(fresh: Served) -> None:
    code = code_of(fresh)
    with fresh.client() as stranger:
        stranger.params = stranger.params.set("lang", "en")
        for fields, status, told in (
            ({"code": ""}, 401, "setup_code_wrong"),
            ({"login": ""}, 422, "login_invalid"),
            ({"login": SCRIPT}, 422, "login_invalid"),
            ({"password": "short"}, 422, "password_weak"),
            ({"password": "x" * 201}, 422, "password_weak"),
            ({"again": "another one entirely"}, 422, "entries_differ"),
        ):
            answer = account(stranger, **{"code": code, **fields})
            assert (answer.status_code, told in answer.text) == (status, True), fields
            assert SCRIPT not in answer.text
            assert f'value="{fields.get("code", code)}"' in answer.text
            assert PASSWORD not in answer.text
        assert account(stranger, code=code).status_code == 303


def test_only_administrators_are_led(begun: Served) -> None:
    with begun.client() as stranger:
        for step in STEPS:
            asked = stranger.get(f"/welcome/{step}")
            assert asked.headers["location"].startswith("/sign-in"), step
        for scope in ("read", "write", "ingest"):
            assert stranger.get("/welcome/plant", headers=begun.bearer(scope)).status_code == 403
    for login in ("leader", "office"):
        with begun.signed_in(login) as other:
            assert other.get("/welcome").status_code == 403
            for step in (*STEPS, "now"):
                assert other.get(f"/welcome/{step}").status_code == 403, step
            token = csrf_token(other, "/orders")
            for step in (*STEPS, "people/tablet", "machines/press-1", "dismiss"):
                sent = other.post(f"/welcome/{step}", data={"csrf_token": token, **PLANT})
                assert sent.status_code == 403, step
            assert "data-first-run" not in other.get("/orders").text
    with begun.signed_in() as boss:
        assert boss.post("/welcome/plant", data=PLANT).status_code == 400, "no token of a page"


def test_a_walk_over_forms_sent_twice_by_two_browsers(begun: Served) -> None:
    with begun.signed_in("boss") as one, begun.signed_in("chief") as two:
        two.params = two.params.set("lang", "en")
        first_plant(one, two)
        lead_on_and_back(begun, one)
        add_twice(begun, one, two)
        people_twice(one)
        first_order(one)
        dismissed(one)


def first_plant(one: httpx.Client, two: httpx.Client) -> None:
    """The second of two founders is told and keeps what was typed."""
    form = shown(one.get("/welcome/plant").text)
    for _ in range(2):
        saved = send(one, "plant", form=form, **PLANT)
        assert (saved.status_code, saved.headers["location"]) == (303, "/welcome/trade")
    late = two.post(
        "/welcome/plant",
        data={"csrf_token": csrf_token(two, "/orders"), **PLANT, "name_en": "Gimhae"},
    )
    assert (late.status_code, "first_run_changed" in late.text) == (409, True)
    assert 'value="Gimhae"' in late.text
    changed = send(two, "plant", **PLANT | {"name_en": "Gimhae"}, **seen(late.text))
    assert changed.status_code == 303, "who has seen it may save it"


def lead_on_and_back(served: Served, client: httpx.Client) -> None:
    """Reload and coming back go on where it was; what would be added is shown and not added."""
    assert client.get("/welcome").headers["location"] == "/welcome/trade"
    assert "data-first-run" in client.get("/orders").text
    looked = client.get("/welcome/trade?trade=press&shifts=three-shift&start=07:00&lang=en").text
    assert "Die change" in looked
    assert "07:00–15:00" in looked
    with served.database.reading() as session:
        assert "calendars" not in exported(session)
    for address in ("?trade=bakery", "?shifts=nine", "?shifts=one-shift&start=25:99"):
        assert client.get(f"/welcome/trade{address}").status_code == 200
    sent = send(client, "trade", trade="press", shifts="two-shift", start="")
    assert sent.headers["location"] == "/welcome/machines"
    assert client.get("/welcome").headers["location"] == "/welcome/machines"
    assert "Nothing to add" in client.get("/welcome/trade?trade=press&lang=en").text


def add_twice(served: Served, one: httpx.Client, two: httpx.Client) -> None:
    """The same form twice adds once; another form of the same content adds again."""
    form = shown(one.get("/welcome/machines").text)
    for _ in range(2):
        sent = send(one, "machines", form=form, **MACHINES)
        assert sent.status_code == 303, sent.text
    assert machines_of(served) == ["press-1", "press-2"]
    send(two, "machines", **MACHINES | {"line": "line", "count": "1", "way": "device"})
    assert machines_of(served) == ["press-1", "press-2", "press-3"]
    names = {"seen_ko": "프레스 1", "seen_en": "Press 1", "machine_ko": "대형", "machine_en": "L"}
    assert send(one, "machines/press-1", **names).status_code == 303
    late = send(two, "machines/press-1", **names | {"machine_en": "Small"})
    assert (late.status_code, 'value="Small"' in late.text) == (409, True)
    assert send(one, "items", **ITEM).status_code == 303
    assert one.get("/welcome").headers["location"] == "/welcome/devices"
    assert send(one, "devices", machine="press-3").status_code == 303
    assert one.get("/welcome").headers["location"] == "/welcome/people"


def people_twice(client: httpx.Client) -> None:
    """The PIN is shown to the answer of a form that was sent twice, too; never to another."""
    person = {"name": "이영희", "badge": "2001", "pin": "314159"}
    for _ in range(2):
        sent = send(client, "people", **person)
        assert (sent.status_code, ">314159<" in sent.text) == (200, True)
    other = send(client, "people", **person | {"pin": "271828"})
    assert (other.status_code, "badge_taken" in other.text) == (409, True)
    offer = send(client, "people/tablet", place="press-1")
    assert offer.status_code == 200
    assert "/enrol?code=" in offer.text
    assert send(client, "people/tablet", place="nowhere").status_code == 404


def first_order(client: httpx.Client) -> None:
    order = {"order_item": "BRKT-1", "quantity": "20", "work_unit": "press-1"}
    form = shown(client.get("/welcome/part").text)
    for _ in range(2):
        assert send(client, "part", form=form, **order).status_code == 303
    orders = client.get("/api/v1/work-orders").json()["items"]
    assert len(orders) == 1
    now = client.get("/welcome/now").json()
    assert (now["finished"], now["texts"]["good"]) == (False, "0")


def dismissed(client: httpx.Client) -> None:
    assert "data-first-run" in client.get("/orders").text
    token = csrf_token(client, "/orders")
    assert client.post("/welcome/dismiss", data={"csrf_token": token}).status_code == 303
    assert "data-first-run" not in client.get("/orders").text
    assert client.get("/welcome/plant").status_code == 200


WORST = [
    ("plant", {**PLANT, "name_ko": "", "name_en": " "}),
    ("plant", {**PLANT, "name_ko": LONG}),
    ("plant", {**PLANT, "name_ko": "a\x00b"}),
    ("plant", {**PLANT, "zone": SCRIPT}),
    ("plant", {**PLANT, "day_starts": "24:00"}),
    ("plant", {**PLANT, "day_starts": "０８:００"}),
    ("trade", {"trade": "bakery"}),
    ("trade", {"shifts": "nine"}),
    ("trade", {"shifts": "one-shift", "start": "-1"}),
    ("machines", {**MACHINES, "count": "0"}),
    ("machines", {**MACHINES, "count": "-3"}),
    ("machines", {**MACHINES, "count": "51"}),
    ("machines", {**MACHINES, "count": "٣"}),
    ("machines", {**MACHINES, "count": "NaN"}),
    ("machines", {**MACHINES, "machine_ko": "", "machine_en": ""}),
    ("machines", {**MACHINES, "machine_en": LONG}),
    ("machines", {**MACHINES, "line": "nowhere"}),
    ("machines", {**MACHINES, "calendar": "nowhere"}),
    ("machines/none", {"machine_ko": "a", "machine_en": "b"}),
    ("items", {**ITEM, "item_code": ""}),
    ("items", {**ITEM, "item_code": SCRIPT}),
    ("items", {**ITEM, "cycle_s": "-1"}),
    ("items", {**ITEM, "cycle_s": "Infinity"}),
    ("items", {**ITEM, "cycle_s": "９"}),
    ("items", {**ITEM, "pieces": "1e3"}),
    ("items", {**ITEM, "unit": LONG}),
    ("items", {**ITEM, "machines": "nowhere"}),
    ("devices", {"machine": "nowhere"}),
    ("people", {"name": "", "badge": "3001", "pin": "314159"}),
    ("people", {"name": LONG, "badge": "3001", "pin": "314159"}),
    ("people", {"name": "a", "badge": SCRIPT, "pin": "314159"}),
    ("people", {"name": "a", "badge": "3001", "pin": "123456"}),
    ("people", {"name": "a", "badge": "3001", "pin": "３１４１５９"}),
    ("part", {"order_item": "nothing", "quantity": "1", "work_unit": "press-1"}),
    ("part", {"order_item": "", "quantity": "-5", "work_unit": ""}),
]


def test_worst_values_are_refused_and_stay_in_the_form(
    sqlite_template: Path, tmp_path: Path
) -> None:
    with empty(tmp_path / "web", sqlite_template) as served:
        add_people(served.database)
        with served.signed_in() as boss:
            boss.params = boss.params.set("lang", "en")
            for step, fields in WORST:
                answer = send(boss, step, **fields)
                assert answer.status_code in (404, 409, 422), (step, fields, answer.status_code)
                assert 'role="alert"' in answer.text, (step, fields)
                assert SCRIPT not in answer.text
            kept = send(boss, "plant", **{**PLANT, "zone": "Mars"})
            assert 'value="Busan"' in kept.text
            assert 'value="Mars" aria-invalid="true"' in kept.text
            assert machines_of(served) == []
            with served.database.reading() as session:
                assert "site" not in exported(session)
