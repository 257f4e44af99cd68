"""A real web process for tests: `mes web` on a free port, with people and tokens."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from mes.clock import real_now_us
from mes.db import Database, make_engine
from mes.features.people import service
from mes.features.plant.check import check
from mes.features.plant.service import apply
from mes.ports import free_port
from mes.web.roles import Role, Scope

PASSWORD = "correct horse battery staple"
PIN = "271828"
ACTOR = {"kind": "command_line", "id": 0, "label": "test"}
ROOT = Path(__file__).resolve().parents[2]
START_S = 30.0


def until(condition: Any, seconds: float = 10.0, step: float = 0.02) -> Any:
    """Wait for a condition; its value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(step)
    raise AssertionError(f"not within {seconds} s: {condition}")


@dataclass
class Served:
    """A running web process and a second way into its database."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]
    database: Database
    tokens: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}"

    def client(self, **options: Any) -> httpx.Client:
        if self.tls is not None:
            options["verify"] = self.tls
            options["headers"] = {"Referer": self.url, **options.get("headers", {})}
        return httpx.Client(base_url=self.url, timeout=30.0, **options)

    def bearer(self, scope: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[scope]}"}

    @contextmanager
    def signed_in(self, login: str = "boss") -> Iterator[httpx.Client]:
        """A browser that has signed in through the form."""
        with self.client() as client:
            answer = client.post(
                "/sign-in",
                data={"login": login, "password": PASSWORD, "csrf_token": csrf_token(client)},
            )
            assert answer.status_code == 303, answer.text
            yield client


def csrf_token(client: httpx.Client, page: str = "/sign-in") -> str:
    text = client.get(page, follow_redirects=True).text
    return text.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]


PLANT = """
schema: plant/1
site: {id: busan, name: {ko: 부산, en: Busan}, time_zone: Asia/Seoul, day_starts: "08:00"}
items:
  - {code: BRKT-100, name: {ko: 브라켓, en: Bracket}, unit: pcs}
sources:
  - id: plc
    protocol: modbus
    link: {transport: tcp, host: 127.0.0.1, port: 1502}
    unit: 1
    tags:
      - {name: state, table: holding, address: 0, type: uint16}
      - {name: strokes, table: holding, address: 1, type: uint16}
lines:
"""
LINE = """
  - id: line-{line}
    name: {{ko: 라인, en: Line}}
    work_units:
      - id: unit-{line}1
        name: {{ko: 설비, en: Unit}}
        default_item: BRKT-100
        ideal_cycle_s: {{BRKT-100: "2.0"}}
        signals: {first}
      - id: unit-{line}2
        name: {{ko: 설비, en: Unit}}
        default_item: BRKT-100
        ideal_cycle_s: {{BRKT-100: "2.0"}}
        signals: {{state: {{manual: true}}}}
"""
BOUND = (
    "{state: {tag: plc/state, map: {0: off, 1: stopped, 2: running}}, "
    "total: {tag: plc/strokes, counter: {mode: rollover, modulus: 65536}}}"
)


def add_plant(database: Database) -> None:
    """A site with two lines of two work units each; unit-11 is bound to the source `plc`."""
    text = PLANT
    for line in (1, 2):
        first = BOUND if line == 1 else "{state: {manual: true}}"
        text += LINE.format(line=line, first=first)
    checked = check(text)
    assert checked.plant is not None, checked.mistakes
    with database.transaction() as session:
        apply(session, checked.plant, actor="test", now_us=real_now_us() - 3_600_000_000)


def add_people(database: Database) -> dict[str, str]:
    """An administrator, a supervisor, a manager, an operator with badge 1001; one token a scope."""
    with database.transaction() as session:
        for login, role in (
            ("boss", Role.ADMINISTRATOR),
            ("leader", Role.SUPERVISOR),
            ("office", Role.MANAGER),
        ):
            service.create_account(session, ACTOR, login=login, password=PASSWORD, roles=[role])
        service.create_person(
            session, ACTOR, name="김민수", badge_no="1001", pin=PIN, roles=[Role.OPERATOR]
        )
        return {
            scope.value: service.create_token(
                session,
                ACTOR,
                scope=scope,
                label=scope.value,
                edge="edge-1" if scope is Scope.INGEST else None,
            ).token
            for scope in Scope
        }


@contextmanager
def serve(
    data: Path,
    template: Path,
    *,
    port: int | None = None,
    tls: ssl.SSLContext | None = None,
    program: Path = ROOT,
    **environment: str,
) -> Iterator[Served]:
    """`mes web` in a process of its own, stopped at the end.

    Args:
        data: its folder; a database that is there stays, else it is a copy of `template`.
        program: folder with the packages that run, such as another version.
    """
    data.mkdir(exist_ok=True)
    if not (data / "mes.db").exists():
        shutil.copyfile(template, data / "mes.db")
    port = port or free_port()
    database = Database(make_engine(f"sqlite:///{data / 'mes.db'}"))
    log = open(data / "web.log", "ab")  # noqa: SIM115 - closed below
    process = subprocess.Popen(
        [sys.executable, "-m", "mes.cli", "web", "--data", str(data), "--port", str(port)],
        cwd=program,
        env={**os.environ, **environment},
        stderr=log,
        stdout=log,
    )
    served = Served(data, port, process, database, tls=tls)
    try:
        until(lambda: _answers(served), START_S)
        yield served
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(15)
        log.close()
        database.dispose()


def _answers(served: Served) -> bool:
    if served.process.poll() is not None:
        pytest.fail((served.data / "web.log").read_text())
    try:
        with served.client() as client:
            return client.get("/healthz").status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def plant_of_its_own(folder: Path, template: Path) -> Iterator[Served]:
    """A small plant with people that no other test shares; as many sign-ins as one likes."""
    with serve(folder, template, MES_SIGN_INS_PER_MINUTE="1000") as served:
        add_plant(served.database)
        served.tokens = add_people(served.database)
        yield served
