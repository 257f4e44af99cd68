"""Asking for a write, and what was written, over REST."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Flask, current_app
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr
from sqlalchemy.exc import IntegrityError

from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.schemas import PageMark, Short
from mes.features.edge_requests.routes import board
from mes.features.writes import queries
from mes.features.writes.job_sender import JobSender
from mes.features.writes.jobs import waiting_writes
from mes.features.writes.sending import BEGIN_WITHIN_S, BEGIN_WITHIN_S_MAX, send
from mes.features.writes.service import Wish, ask, known_write
from mes.features.writes.targets import check_value, find_target
from mes.web.roles import actor, check, require
from mes.web.wiring import database, reading, transaction

bp = APIBlueprint("writes", __name__, url_prefix="/api/v1", tag="Writes")


EXTENSION = "mes_job_sender"


def init_writes(app: Flask) -> None:
    """Give an application what sends the writes of jobs; it needs database and board."""
    with app.app_context():
        app.extensions[EXTENSION] = JobSender(database(), board())


def send_for_job(number: str) -> None:
    """Send what a started job has to write, after its start was committed; returns at once."""
    sender: JobSender = current_app.extensions[EXTENSION]
    with reading() as session:
        write_ids = waiting_writes(session, number)
    sender.send_soon(write_ids)


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
            command_id=self.command_id, tag=self.tag, value=self.value, reason=self.reason.strip()
        )


class WritesQuery(BaseModel):
    """Which writes; `before` is `next` of the page before."""

    model_config = ConfigDict(extra="forbid")

    tag: Short | None = None
    source: Short | None = None
    job_order: Short | None = None
    before: PageMark | None = None
    limit: int = Field(default=queries.LIMIT, ge=1, le=queries.LIMIT_MAX)


@bp.get("/tag-writes")
@bp.input(WritesQuery, location="query")
@require()
def list_writes(query_data: WritesQuery) -> dict[str, Any]:
    """What was written to machines, latest first: who, why, before, asked, after, outcome."""
    with reading() as session:
        return queries.write_rows(
            session,
            tag=query_data.tag,
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
    wish = json_data.wish()
    write_id = _asked(wish)
    if write_id is not None:
        send(database(), board(), write_id, json_data.begin_within_s)
    with reading() as session:
        found = queries.one_write(session, wish.command_id)
    assert found is not None
    return found


def _asked(wish: Wish) -> int | None:
    """The id of the write to be sent; None: the command is a repeat."""
    try:
        with transaction() as session:
            if known_write(session, wish) is not None:
                return None
            target = find_target(session, wish.tag)
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
        record(session, actor().to_json(), "tag.write_refused", wish.tag, details)
