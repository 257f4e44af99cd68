"""Every command of the API with the worst bodies that a program can send.

The commands are read from the routes and their description; nobody keeps a list. A bad value is
answered with 4xx and a stable code, one that the description rules out with its field; never with
an error of the program or its inside, and what is refused has written nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection, connect
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.web.rivals import Plant, standing_plant
from tests.web.test_every_form import INSIDE, rows

COMMANDS_LEAST = 70
LEAVE = {"/api/v1/session", "/api/v1/session/password", "/api/v1/terminal/sign-out"}
"""Commands that end the session of the test itself; their bodies are tried by their own tests."""
EVERYWHERE = {"command_id", "device_time", "device_now"}
"""Fields of every command, checked by one class: tried where they first occur."""
EVERYWHERE_TRIED = 4
DEPTH = 5_000
OBJECT = "object"
RAW = {
    "huge": "1" + "0" * 400,
    "nan": "NaN",
    OBJECT: '{"x": {"y": []}}',
    "null": "null",
    "negative": "-1",
    "long": json.dumps("x" * 10_000),
    "control": json.dumps("a\x00b\x1b\u202e"),
    "surrogate": '"\\ud800"',
}
"""Values as they are written in a body."""
NEVER = {"nan"}
"""Values that no field takes."""
BODIES = {
    "empty": b"",
    "no json": b"{",
    "list": b"[]",
    "text": b'"x"',
    "null": b"null",
    "broken letters": b'{"\xff\xfe": "\xc3\x28"}',
    "infinite": b'{"command_id": -Infinity}',
    "overflow": b'{"command_id": 1e999}',
    "deep": b'{"x":' * DEPTH + b"1" + b"}" * DEPTH,
    "unknown": b'{"no_such_field": 1}',
    "nul": b"\x00\x00",
}
ANY = "any"
WAITS = ("/frames", "/ask", "/registers")
"""Ends of commands that wait for the answer of an edge: what may be right is not sent to them."""
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Attributes:
        fields: what is sent when nothing is bad; None: the field is left out.
        closed: fields that take no object.
    """

    method: str
    address: str
    fields: dict[str, Any]
    needed: frozenset[str]
    closed: frozenset[str]
    is_described: bool


@pytest.fixture(scope="module")
def plant(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """A plant in which there is something of everything that a command is about."""
    with standing_plant(tmp_path_factory, sqlite_template) as plant:
        yield plant


@pytest.fixture(scope="module")
def given(plant: Plant) -> dict[str, str]:
    """What is put into the places of addresses and the fields of bodies, by their names."""
    order = _made(plant, "work-orders", item="BRKT-100", quantity=100)["number"]
    released = _made(plant, f"work-orders/{order}/release", seen_version=1)
    job = _made(
        plant,
        f"work-orders/{order}/dispatch",
        seen_version=released["version"],
        work_unit="unit-12",
    )
    call = _made(plant, "work-units/unit-12/calls", kind="quality")
    display = _made(plant, "displays", label="Wall")
    return {
        "work_unit": "unit-12",
        "line": "line-1",
        "source": "plc",
        "code": "w1",
        "item": "BRKT-100",
        "edge": "edge-1",
        "job-orders": job["job_order"],
        "work-orders": order,
        "call": call["id"],
        "displays": str(display["id"]),
        "kind": "quality",
        "shift": "x",
        "day": "2026-11-26",
        "plan": "size-1",
    }


def _made(plant: Plant, address: str, **body: Any) -> Any:
    command = {} if address == "displays" else {"command_id": str(uuid4())}
    headers = {"X-CSRFToken": plant.token}
    answer = plant.client.post(f"/api/v1/{address}", json={**command, **body}, headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def commands(plant: Plant, given: dict[str, str]) -> list[Command]:
    """Every command that the routes know, with what its description says of its body."""
    described = plant.client.get("/api/v1/openapi.json").json()
    schemas = described["components"]["schemas"]
    found = []
    for rule in plant.routes.iter_rules():
        for method in sorted((rule.methods or set()) & {"POST", "PATCH", "PUT", "DELETE"}):
            if not rule.rule.startswith("/api/v1/") or rule.rule in LEAVE:
                continue
            path = re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule)
            told = described["paths"][path][method.lower()].get("requestBody", {})
            schema = told.get("content", {}).get("application/json", {}).get("schema", {})
            schema = _resolved(schema, schemas)
            needed = frozenset(schema.get("required", ()))
            fields = {
                name: given.get(name, _sample(one, schemas)) if name in needed else None
                for name, one in schema.get("properties", {}).items()
            }
            closed = frozenset(
                name
                for name, one in schema.get("properties", {}).items()
                if not _kinds(one, schemas) & {OBJECT, ANY}
            )
            address = _filled(rule.rule, given)
            found.append(Command(method, address, fields, needed, closed, bool(schema)))
    return found


def _filled(rule: str, given: dict[str, str]) -> str:
    kind = rule.split("/")[3]
    address = re.sub(r"<int:[^>]+>", given["displays"], rule)
    instead = {"number": given.get(kind, "x"), **given}
    if rule.endswith(WAITS):
        instead |= {"source": "x", "edge": "x"}
    return re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda found: instead.get(found[1], "x"), address)


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return schema


def _kinds(schema: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """The kinds of values that a description allows."""
    schema = _resolved(schema, schemas)
    several = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    if several:
        return set().union(*(_kinds(one, schemas) for one in several))
    if "enum" in schema or "const" in schema:
        return {"string"}
    return {schema.get("type", ANY)}


def _sample(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """Something that fits a description."""
    schema = _resolved(schema, schemas)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return _sample(schema[several][0], schemas)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kinds: dict[str, Any] = {"integer": 1, "number": 1, "boolean": True, "array": [], "string": "x"}
    if schema.get("type") == "object":
        of = schema.get("properties", {})
        return {name: _sample(of[name], schemas) for name in schema.get("required", ())}
    return kinds.get(schema.get("type", ""), "x")


class Sender:
    """Sends bodies to commands and notes what was wrong with the answers."""

    def __init__(self, plant: Plant, watched: Connection) -> None:
        self.plant = plant
        self.watched = watched
        self.wrong: list[str] = []
        self.kept = rows(plant.served)
        self.version = self._version()

    def _version(self) -> int:
        found: int = self.watched.execute("PRAGMA data_version").fetchone()[0]
        return found

    def send(self, command: Command, what: str, body: bytes, *, bad: bool, field: str = "") -> None:
        """Send a body; a bad one has to be refused, with the field if one is named."""
        headers = {**HEADERS, "X-CSRFToken": self.plant.token}
        if "/requests/" in command.address or command.address.endswith("/ingest"):
            headers = {**HEADERS, **self.plant.served.bearer("ingest")}
        answer = self.plant.client.request(
            command.method, command.address, content=body, headers=headers
        )
        where = f"{command.method} {command.address} {what}: {answer.status_code}"
        self.wrong += [f"{where} {one}" for one in self._mistakes(answer, bad, field)]

    def _mistakes(self, answer: httpx.Response, bad: bool, field: str) -> Iterator[str]:
        if answer.status_code >= 500:
            yield "an error of the program"
        if INSIDE.search(answer.text):
            yield "shows the inside"
        version = self._version()
        if version != self.version:
            self.version, before = version, self.kept
            self.kept = rows(self.plant.served)
            if not answer.is_success and self.kept != before:
                changed = {name for name, count in self.kept.items() if count != before[name]}
                yield f"is refused and has written {sorted(changed)}"
        if answer.is_success:
            if bad:
                yield f"is taken {answer.text[:80]}"
            return
        told = answer.json()
        if not re.fullmatch(r"[a-z][a-z0-9_]+", str(told.get("code"))):
            yield "no code"
        if field and not (answer.status_code == 422 and field in _fields(told)):
            yield f"names {_fields(told)} ({told['code']})"


def _fields(told: dict[str, Any]) -> set[str]:
    named = [told.get("field", ""), *(one["field"] for one in told.get("errors", ()))]
    return {re.split(r"[.\[]", one or "")[0] for one in named}


@pytest.fixture(scope="module")
def sender(plant: Plant, commands: list[Command]) -> Iterator[Sender]:
    """Beside a connection that notes whenever anybody has written.

    Args:
        plant: takes the commands.
        commands: what they are about is made by now.
    """
    with closing(connect(plant.served.data / "mes.db")) as watched:
        yield Sender(plant, watched)


def test_the_worst_bodies_are_refused_and_write_nothing(
    sender: Sender, commands: list[Command]
) -> None:
    assert len(commands) >= COMMANDS_LEAST
    for command in commands:
        for what, body in BODIES.items():
            is_bad = bool(command.needed) or (command.is_described and what != "empty")
            sender.send(command, what, body, bad=is_bad)
    assert not sender.wrong, "\n".join(sender.wrong)


def test_the_worst_value_of_every_field_is_refused_with_its_name(
    sender: Sender, commands: list[Command]
) -> None:
    tried: dict[str, int] = {}
    for command in commands:
        for name in command.fields:
            tried[name] = tried.get(name, 0) + 1
            if name in EVERYWHERE and tried[name] > EVERYWHERE_TRIED:
                continue
            for what, raw in RAW.items():
                body = {one: value for one, value in command.fields.items() if value is not None}
                if "command_id" in body:
                    body["command_id"] = str(uuid4())
                body[name] = "@@"
                text = json.dumps(body).replace('"@@"', raw)
                is_ruled_out = what == OBJECT and name in command.closed
                if command.address.endswith(WAITS) and not is_ruled_out:
                    continue
                sender.send(
                    command,
                    f"{name}={what}",
                    text.encode(),
                    bad=what in NEVER or is_ruled_out,
                    field=name if is_ruled_out else "",
                )
            body.pop(name)
            if name in command.needed:
                text = json.dumps(body)
                sender.send(command, f"no {name}", text.encode(), bad=True, field=name)
    assert not sender.wrong, "\n".join(sender.wrong)
