"""Loads the past week: signals through ingest, people's lines through the services.

Nothing is written past the ways that a running plant uses. Loading twice changes nothing: records
are known by (source, stream, epoch, seq), people's lines by a command id made of epoch and line.
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.commands.context import Context
from mes.features.commands.service import CommandRequest, run_command
from mes.features.demo.credentials import actors_by_badge
from mes.features.demo.past_actions import Orders, perform
from mes.features.ingest.service import ingest
from mes.features.production.service import deferring

NAMES = uuid.UUID("6f1c1a52-5d0d-4f0e-9d57-0c4b1b0a7e11")
"""Name space of the command ids."""
WINDOW_US = 12 * 3_600_000_000
RECORDS_AT_ONCE = 60_000
NEEDS_NO_SIGNAL = frozenset(
    {
        "order_create",
        "order_release",
        "job_dispatch",
        "job_start",
        "job_pause",
        "job_resume",
        "job_complete",
    }
)
PEOPLE_AT_ONCE = 100
"""Most lines of people in one transaction."""

Line = Mapping[str, Any]


@dataclass(slots=True)
class Loaded:
    """What was loaded; `refused`: lines that the services refused, by code."""

    records: int = 0
    statements: int = 0
    refused: dict[str, int] = field(default_factory=dict)


def read_head(file: Path) -> Line:
    """The first line of a history file.

    Raises:
        Refusal: `history_damaged`.
    """
    with open(file, encoding="utf-8") as lines:
        head = _parse(lines.readline(), 1)
    if head.get("kind") != "head":
        raise _damaged(1, "is no head")
    return head


def load_history(database: Database, file: Path, *, edge: str) -> Loaded:
    """Load a whole history file.

    Args:
        edge: code of the edge that its sources belong to.

    Raises:
        Refusal: `history_damaged` with the line, or what ingest refuses as a whole.
    """
    head = read_head(file)
    with database.reading() as session:
        loader = _Loader(database, edge, head, actors_by_badge(session))
    with open(file, encoding="utf-8") as lines:
        late: list[tuple[int, Line]] = []
        for signals, people in _windows(_numbered(lines)):
            early = [line for line in people if line[1]["action"] in NEEDS_NO_SIGNAL]
            loader.people([*late, *early])
            loader.signals(signals)
            late = [line for line in people if line[1]["action"] not in NEEDS_NO_SIGNAL]
        loader.people(late)
    return loader.loaded


class _Loader:
    def __init__(
        self, database: Database, edge: str, head: Line, actors: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._database = database
        self._edge = edge
        self._epoch = str(head["epoch"])
        self._until = int(head["until"])
        self._actors = actors
        self._orders = Orders()
        self.loaded = Loaded()

    def signals(self, lines: Sequence[Line]) -> None:
        """One request of ingest with the lines of each stream joined."""
        if not lines:
            return
        joined: dict[tuple[str, str], dict[str, Any]] = {}
        for line in lines:
            batch = joined.setdefault(
                (line["source"], line["stream"]),
                {**line, "records": [], "covered_until": None},
            )
            batch["records"].extend(line["records"])
            batch["covered_until"] = line["covered_until"]
        request = {"edge": self._edge, "batches": list(joined.values())}
        answer = ingest(self._database, self._edge, request, now_us=self._until, slice_s=math.inf)
        self.loaded.records += sum(len(batch["records"]) for batch in joined.values())
        if answer["quarantined"]:
            raise Refusal("history_damaged", f"{answer['quarantined']} records are unusable")

    def people(self, group: Sequence[tuple[int, Line]]) -> None:
        """Lines of people, each a command of its own, several in a transaction."""
        for start in range(0, len(group), PEOPLE_AT_ONCE):
            with self._database.transaction() as session, deferring(session):
                for number, line in group[start : start + PEOPLE_AT_ONCE]:
                    self._say(session, number, line)

    def _say(self, session: Session, number: int, line: Line) -> None:
        command_id = str(uuid.uuid5(NAMES, f"{self._epoch}:{number}"))
        at = int(line["t"])
        context = Context(command_id=command_id, actor=self._actors[line["person"]], at=at, now=at)
        request = CommandRequest(
            command_id=command_id,
            kind=f"history.{line['action']}",
            body=line,
            actor=context.actor,
            received_at=at,
        )
        try:
            with session.begin_nested():
                _, answer = run_command(
                    session, request, lambda: (200, perform(session, context, self._orders, line))
                )
                self._orders.learn(line, answer)
                self.loaded.statements += 1
        except Refusal as refusal:
            count = self.loaded.refused
            count[refusal.code] = count.get(refusal.code, 0) + 1


def _windows(
    lines: Iterable[tuple[int, Line]],
) -> Iterator[tuple[list[Line], list[tuple[int, Line]]]]:
    """Signals and people's lines of each half day, cut earlier when many records come together.

    Within a window jobs go first, so that pieces are booked once; then signals; then what people
    said about them. Projections do not depend on the order of arrival.
    """
    signals: list[Line] = []
    people: list[tuple[int, Line]] = []
    size, window = 0, None
    for number, line in lines:
        if line["kind"] not in {"records", "person"}:
            continue
        at = int(line["t"] if line["kind"] == "person" else line["covered_until"]) // WINDOW_US
        if at != window or size >= RECORDS_AT_ONCE:
            yield signals, people
            signals, people, size, window = [], [], 0, at
        if line["kind"] == "records":
            signals.append(line)
            size += len(line["records"])
        else:
            people.append((number, line))
    yield signals, people


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, Line]]:
    return ((number, _parse(text, number)) for number, text in enumerate(lines, 1))


def _parse(text: str, number: int) -> Line:
    try:
        line = json.loads(text)
    except ValueError:
        raise _damaged(number, "is not JSON") from None
    if not isinstance(line, dict) or "kind" not in line:
        raise _damaged(number, "is no line of a history file")
    return line


def _damaged(number: int, problem: str) -> Refusal:
    return Refusal("history_damaged", f"line {number} of the history {problem}")
