"""Commands of the API that put something in the place of what stands: each says what it replaces.

Nobody keeps a list of them: they are read from the description of the API. A command that changes
what another person may have changed meanwhile carries what was seen, or it is a step that the state
of the thing refuses the second time, or it only adds. A new one has to be one of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.serving import Served, csrf_token, plant_of_its_own

SEEN = frozenset({"seen", "seen_version", "seen_statement", "seen_decision", "replaces"})
STEPS = frozenset(
    [
        "acknowledge",
        "resolve",
        "cancel",
        "complete",
        "start",
        "pause",
        "resume",
        "void",
        "withdraw",
        "retire",
        "restore",
        "revoke",
        "hand-over",
        "take-over",
        "reopen",
        "signoff",
        "revise",
        "answer",
        "claim",
        "correct",
        "remove",
        "clear",
    ]
)
"""What can be done once: the second is refused by the state that the first has left."""
ADDS = frozenset(
    [
        "exceptions",
        "holidays",
        "patterns",
        "calls",
        "moves",
        "quantities",
        "quality-checks",
        "values",
        "proposals",
        "print",
        "ask",
        "registers",
        "frames",
        "preview",
        "check",
        "import",
        "source",
        "template",
    ]
)
"""What only adds something, asks, or takes a version that the call itself names."""
PLACES = frozenset({"pages", "machine", "calendar", "crew"})
"""What is told anew as a whole, with its author and time; every telling is kept beside the last."""


@pytest.fixture(scope="module")
def plant(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A plant of its own: its device is changed here."""
    folder = tmp_path_factory.mktemp("programs")
    with plant_of_its_own(folder, sqlite_template) as running:
        yield running


def commands(described: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Address and fields of every command about a thing that is there."""
    schemas = described["components"]["schemas"]
    for address, kinds in described["paths"].items():
        for kind in {"post", "patch", "put"} & set(kinds):
            content = kinds[kind].get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            if "$ref" in schema:
                schema = schemas[schema["$ref"].rpartition("/")[2]]
            if "{" in address:
                yield address, set(schema.get("properties", ()))


def test_a_command_that_replaces_something_says_what_was_seen(plant: Served) -> None:
    with plant.signed_in() as client:
        described = client.get("/api/v1/openapi.json").json()
    found = list(commands(described))
    blind = [
        address
        for address, fields in found
        if not fields & SEEN
        and not {part for part in address.split("/") if "{" not in part} & (STEPS | ADDS | PLACES)
    ]
    assert len(found) > len(STEPS)
    assert not blind, "\n".join(blind)


def send(client: httpx.Client, address: str, **body: Any) -> httpx.Response:
    """A command of a page."""
    headers = {"X-CSRFToken": csrf_token(client, "/people")}
    return client.post(f"/api/v1/{address}", json=body, headers=headers)


def test_two_integrators_do_not_undo_each_other(plant: Served) -> None:
    with plant.signed_in() as client:
        seen = client.get("/api/v1/sources/plc/configuration").json()["source"]
        mine, theirs = {**seen, "unit": 2}, {**seen, "unit": 3}
        first = send(client, "sources/plc", command_id="device-1", source=theirs, seen=seen)
        assert first.status_code == 200, first.text
        late = send(client, "sources/plc", command_id="device-2", source=mine, seen=seen)
        assert (late.status_code, late.json()["code"]) == (409, "source_changed")
        held = client.get("/api/v1/sources/plc/configuration").json()["source"]
        assert held["unit"] == 3
        again = send(client, "sources/plc", command_id="device-3", source=mine, seen=held)
        assert again.status_code == 200


def test_two_meanings_of_one_machine_do_not_undo_each_other(plant: Served) -> None:
    with plant.signed_in() as client:
        seen = client.get("/api/v1/signals").json()["items"]["unit-11"]
        mine, theirs = deepcopy(seen), deepcopy(seen)
        mine["total"]["counter"]["modulus"], theirs["total"]["counter"]["modulus"] = 1000, 2000
        address = "work-units/unit-11/signals"
        first = send(client, address, command_id="meaning-1", signals=theirs, seen=seen)
        assert first.status_code == 200, first.text
        late = send(client, address, command_id="meaning-2", signals=mine, seen=seen)
        assert (late.status_code, late.json()["code"]) == (409, "signals_changed")
        held = client.get("/api/v1/signals").json()["items"]["unit-11"]
        assert held == theirs
