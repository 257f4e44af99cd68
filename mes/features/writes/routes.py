"""Asking for a write or a call, and what was written and called, over REST."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import Flask, current_app
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr
from sqlalchemy.exc import IntegrityError

from connectors.sdk.call_rules import ARGUMENTS_MAX
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.schemas import PageMark, Short
from mes.features.edge_requests.routes import board
from mes.features.writes import queries
from mes.features.writes.job_machine import ask_machine
from mes.features.writes.job_sender import JobSender
from mes.features.writes.job_watcher import JobWatcher
from mes.features.writes.jobs import waiting_writes
from mes.features.writes.sending import BEGIN_WITHIN_S, BEGIN_WITHIN_S_MAX, send
from mes.features.writes.service import AUDITED, Wish, ask, known_write
from mes.features.writes.targets import Kind, check_value, find_target
from mes.web.roles import actor, check, require
from mes.web.wiring import database, reading, transaction

bp = APIBlueprint("writes", __name__, url_prefix="/api/v1", tag="Writes")


EXTENSION = "mes_job_sender"
WATCHER = "mes_job_watcher"


def init_writes(app: Flask) -> None:
    """Give an application what sends and watches for jobs; it needs database and board."""
    with app.app_context():
        app.extensions[EXTENSION] = JobSender(database(), board())
        app.extensions[WATCHER] = JobWatcher(database(), board())


def send_for_job(number: str) -> None:
    """Send what a started job has to write, after its start was committed; returns at once."""
    sender: JobSender = current_app.extensions[EXTENSION]
    with reading() as session:
        write_ids = waiting_writes(session, number)
    sender.send_soon(write_ids)


def look_again(jobs: Iterable[Mapping[str, Any]]) -> None:
    """Ask the machines of these jobs soon what they say of them; returns at once."""
    watcher: JobWatcher = current_app.extensions[WATCHER]
    watcher.look_again(jobs)


class WriteIn(BaseModel):
    """A value for a tag, in the tag's unit, and why.

    `begin_within_s`: real seconds after which it must not be sent to the device any more.
    """

    model_config = ConfigDict(extra="forbid")

    command_id: Short = Field(description="A UUID of the client, the same in every repeat.")
    tag: Short = Field(description="SOURCE/TAG")
    value: StrictBool | StrictInt | StrictFloat | StrictStr
    reason: StrictStr = Field(min_length=3, max_length=500)
    begin_within_s: float = Field(default=BEGIN_WITHIN_S, gt=0, le=BEGIN_WITHIN_S_MAX)

    def wish(self) -> Wish:
        """What is wanted."""
        return Wish(
            command_id=self.command_id, name=self.tag, value=self.value, reason=self.reason.strip()
        )


class MethodCallIn(BaseModel):
    """The arguments of a method by name, and why.

    `begin_within_s`: real seconds after which it must not be called any more.
    """

    model_config = ConfigDict(extra="forbid")

    command_id: Short = Field(description="A UUID of the client, the same in every repeat.")
    call: Short = Field(description="SOURCE/NAME, as under `calls` of the plant file.")
    arguments: dict[Short, StrictBool | StrictInt | StrictFloat | StrictStr] = Field(
        default_factory=dict, max_length=ARGUMENTS_MAX
    )
    reason: StrictStr = Field(min_length=3, max_length=500)
    begin_within_s: float = Field(default=BEGIN_WITHIN_S, gt=0, le=BEGIN_WITHIN_S_MAX)

    def wish(self) -> Wish:
        """What is wanted."""
        return Wish(
            command_id=self.command_id,
            name=self.call,
            value=self.arguments,
            reason=self.reason.strip(),
            kind=Kind.CALL,
        )


class WritesQuery(BaseModel):
    """Which writes; `before` is `next` of the page before."""

    model_config = ConfigDict(extra="forbid")

    tag: Short | None = None
    call: Short | None = None
    source: Short | None = None
    job_order: Short | None = None
    before: PageMark | None = None
    limit: int = Field(default=queries.LIMIT, ge=1, le=queries.LIMIT_MAX)


@bp.get("/tag-writes")
@bp.input(WritesQuery, location="query")
@require()
def list_writes(query_data: WritesQuery) -> dict[str, Any]:
    """What was written and called, latest first: who, why, before, asked, after, outcome."""
    with reading() as session:
        return queries.write_rows(
            session,
            tag=query_data.tag,
            call=query_data.call,
            source=query_data.source,
            job=query_data.job_order,
            before=query_data.before,
            limit=query_data.limit,
        )


@bp.get("/tag-writes/allowed")
@require()
def list_allowed() -> dict[str, Any]:
    """The allow-list: what may be written, within which limits, and who may ask."""
    with reading() as session:
        return {"items": queries.allowed(session), "next": None}


@bp.post("/tag-writes")
@bp.input(WriteIn)
@require()
def write(json_data: WriteIn) -> dict[str, Any]:
    """Write a value to a machine once, and read it back; a repeat of the id sends nothing."""
    return _done(json_data.wish(), json_data.begin_within_s)


@bp.get("/method-calls/allowed")
@require()
def list_allowed_calls() -> dict[str, Any]:
    """The methods that may be called: where they are, with what, and who may ask."""
    with reading() as session:
        return {"items": queries.allowed_calls(session), "next": None}


@bp.post("/method-calls")
@bp.input(MethodCallIn)
@require()
def call(json_data: MethodCallIn) -> dict[str, Any]:
    """Call a method of a machine once; a repeat of the id calls nothing."""
    return _done(json_data.wish(), json_data.begin_within_s)


@bp.post("/job-orders/<number>/machine")
@require()
def machine_of_job(number: str) -> dict[str, Any]:
    """Ask the machine what it says of a job that was handed to it; nothing is changed there."""
    return ask_machine(database(), board(), number)


def _done(wish: Wish, begin_within_s: float) -> dict[str, Any]:
    write_id = _asked(wish)
    if write_id is not None:
        send(database(), board(), write_id, begin_within_s)
    with reading() as session:
        found = queries.one_write(session, wish.command_id)
    assert found is not None
    return found


def _asked(wish: Wish) -> int | None:
    """The id of what is to be sent; None: the command is a repeat."""
    try:
        with transaction() as session:
            if known_write(session, wish) is not None:
                return None
            target = find_target(session, wish.name, wish.kind)
            check(actor(), target.roles, method="POST")
            check_value(target, wish.value)
            return ask(session, actor().to_json(), wish, target).id
    except IntegrityError:  # the same command arrived twice at once
        return None
    except Refusal as refusal:
        _audit_refusal(wish, refusal)
        raise


def _audit_refusal(wish: Wish, refusal: Refusal) -> None:
    details = {"asked": wish.value, "note": wish.reason, "code": refusal.code}
    with transaction() as session:
        record(session, actor().to_json(), f"{AUDITED[wish.kind]}_refused", wish.name, details)
