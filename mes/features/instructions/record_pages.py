"""What people stated about work instructions: read, values, proposals; as a page and as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Response, make_response, redirect, render_template, request
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.instants import US_PER_S
from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.instructions import statement_queries
from mes.features.instructions.access import EDITORS
from mes.features.instructions.grids import GRIDS, shown_text
from mes.features.instructions.pages import pages, problem_text, speaker
from mes.features.instructions.queries import instructions
from mes.features.instructions.readers import Unread, unread
from mes.features.instructions.statement_queries import Asked
from mes.features.instructions.statements import answer_proposal
from mes.features.oee.windows import day_argument
from mes.features.reports.lists import list_answer
from mes.features.screens.floor.choosing import Speaker
from mes.features.screens.language import safe_next
from mes.features.screens.report.words import _
from mes.web.roles import actor, require
from mes.web.wiring import reading, transaction

KINDS = ("acknowledgements", "values", "proposals")
DAYS = 30
"""How far back the lists reach where no day is asked for."""
PAGE = 200
AT_ONCE = 500
ANSWER_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What the address asks for, and what it means; days are local, both included."""

    kind: str
    instruction: str
    revision: str
    job_order: str
    first: date
    last: date
    wanted: Asked

    def address(self, page: str = "/instruction-records", **more: object) -> str:
        """The same conditions for another page."""
        kept = {
            "kind": self.kind,
            "instruction": self.instruction,
            "revision": self.revision,
            "job_order": self.job_order,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            **more,
        }
        return f"{page}?{urlencode({name: value for name, value in kept.items() if value})}"


@pages.get("/instruction-records")
@require(*EDITORS, tokens=False)
def instruction_records() -> str:
    """Who has read what, values by job, proposals of changes."""
    return _page()


@pages.get("/instruction-records.<any(csv, xlsx):form>")
@require(*EDITORS, tokens=False)
def instruction_records_file(form: str) -> Response:
    """What the page lists, as a file."""
    say = speaker()
    given = conditions(say)
    with reading() as session:
        grid = GRIDS[given.kind](_all_of(session, given), say)
    return list_answer(form, grid, str(say.zone), _today(say))


@pages.post("/instruction-records/<proposal>/answer")
@require(*EDITORS, tokens=False)
def answer_form(proposal: str) -> Response:
    """Say what becomes of a proposal."""
    accepted = request.form.get("accepted") == "yes"
    text = request.form.get("text", "").strip()[:ANSWER_MAX]
    now = plant_now_us()
    context = Context(
        command_id=f"answer:{proposal}"[:80], actor=actor().to_json(), at=now, now=now
    )
    try:
        with transaction() as session:
            answer_proposal(session, context, proposal, accepted=accepted, text=text)
    except Refusal as refusal:
        return make_response(_page(refusal), refusal.status)
    return make_response(redirect(safe_next(request.form.get("next")), 303))


def conditions(say: Speaker) -> Conditions:
    """What the address of the present request asks for.

    Raises:
        Refusal: `window_malformed` (422).
    """
    asked = {
        name: request.args.get(name, "").strip()[:80]
        for name in ("kind", "instruction", "revision", "job_order", "first", "last", "before")
    }
    last = day_argument(asked["last"], "last") if asked["last"] else _today(say)
    first = day_argument(asked["first"], "first") if asked["first"] else last - timedelta(days=DAYS)
    last = max(first, last)
    revision, before = _number(asked["revision"]), _number(asked["before"])
    return Conditions(
        kind=asked["kind"] if asked["kind"] in KINDS else KINDS[0],
        instruction=asked["instruction"],
        revision="" if revision is None else str(revision),
        job_order=asked["job_order"],
        first=first,
        last=last,
        wanted=Asked(
            instruction=asked["instruction"] or None,
            revision=revision,
            job_order=asked["job_order"] or None,
            start=_midnight(first, say.zone),
            end=_midnight(last + timedelta(days=1), say.zone),
            before=before,
            limit=PAGE,
        ),
    )


def _page(problem: Refusal | None = None) -> str:
    say = speaker()
    given = conditions(say)
    with reading() as session:
        found = _query(given.kind)(session, given.wanted)
        known = instructions(session)
        missing = _unread(session, given)
    kinds = {
        "acknowledgements": _("Acknowledgements"),
        "values": _("Values of steps"),
        "proposals": _("Proposals of changes"),
    }
    tabs = [(kind, word, given.address(kind=kind)) for kind, word in kinds.items()]
    return render_template(
        "instruction-records.html",
        given=given,
        tabs=tabs,
        title=kinds[given.kind],
        items=found["items"],
        older=given.address(before=found["next"]) if found["next"] else None,
        known=[(one["code"], one["title"]) for one in known],
        missing=missing,
        csv=given.address("/instruction-records.csv"),
        excel=given.address("/instruction-records.xlsx"),
        here=given.address(),
        say=say,
        shown_text=shown_text,
        problem=problem,
        problem_text="" if problem is None else problem_text(problem),
        mistakes={},
        was_saved=False,
    )


def _query(kind: str) -> Callable[[Session, Asked], dict[str, Any]]:
    return {
        "acknowledgements": statement_queries.acknowledgements,
        "values": statement_queries.values,
        "proposals": statement_queries.proposals,
    }[kind]


def _all_of(session: Session, given: Conditions) -> Iterator[Mapping[str, Any]]:
    """All rows that the conditions ask for, latest first, whatever page was looked at."""
    wanted: Asked | None = replace(given.wanted, before=None, limit=AT_ONCE)
    while wanted is not None:
        found = _query(given.kind)(session, wanted)
        yield from found["items"]
        wanted = replace(wanted, before=found["next"]) if found["next"] else None


def _unread(session: Session, given: Conditions) -> Unread | None:
    if given.kind != "acknowledgements" or not given.instruction:
        return None
    return unread(session, given.instruction)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * US_PER_S


def _today(say: Speaker) -> date:
    return datetime.fromtimestamp(plant_now_us() / US_PER_S, say.zone).date()
