"""What the steps of the guide show: present values, choices, suggestions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.classes import ReasonClass, TimeClass
from mes.core.instants import US_PER_S
from mes.core.refusal import Refusal
from mes.features.first_run import service
from mes.features.first_run.machines import stored_machines
from mes.features.first_run.progress import STEPS, Progress, Step, minutes_to_first_part
from mes.features.people import places, queries, site
from mes.features.people.floor_pages import qr_image
from mes.features.people.passwords import new_pin
from mes.features.people.terminals import Offer
from mes.features.plant.edits import Plant
from mes.features.plant.export import exported
from mes.features.plant.trades import Trade, shift_plans, trades
from mes.features.production.queries import tiles
from mes.features.screens.floor.words import state_word
from mes.features.screens.report.words import class_word
from mes.features.work_orders.states import OPEN
from mes.models import Equipment, JobOrder, MaterialDefinition

MACHINES_MAX = 500
LIMITS = ("60", "120", "180", "300", "600")
"""Limits of a minor stop that the guide offers, seconds."""
ZONES = (
    "Asia/Seoul",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Ho_Chi_Minh",
    "Asia/Jakarta",
    "Asia/Kolkata",
    "Europe/Berlin",
    "Europe/Warsaw",
    "America/Chicago",
    "America/Mexico_City",
)
"""Zones that are offered; any other of the IANA list may be typed."""
USUAL_DAY = "08:00"
USUAL_COUNT = "2"
PART_OF_REASONS = 0.6
"""A trade is taken as chosen when the plant has at least this part of its own reasons."""


def step_words() -> Mapping[str, str]:
    """The steps in words, in their order."""
    return {
        Step.PLANT: gettext("Plant"),
        Step.TRADE: gettext("Trade and shifts"),
        Step.MACHINES: gettext("Line and machines"),
        Step.ITEMS: gettext("Item and cycle"),
        Step.DEVICES: gettext("Devices"),
        Step.PEOPLE: gettext("Operator and tablet"),
        Step.PART: gettext("First part"),
    }


def view_of(session: Session, step: Step, progress: Progress) -> dict[str, Any]:
    """What the template of a step needs besides what all of them get."""
    return _VIEWS[step](session, progress)


def live_texts(session: Session, progress: Progress) -> dict[str, str]:
    """Texts that change while a page stands open, by the name that the page gives them."""
    texts = {
        "count": f"{len(progress.done)}/{len(STEPS)}",
        "tablets": _tablets_text(session),
    }
    unit = _machine_of_first_job(session)
    if unit is not None:
        for tile in tiles(session, [unit], plant_now_us()):
            texts["state"] = state_word(tile["state"])
            texts["good"], texts["scrap"] = str(tile["good"]), str(tile["scrap"])
    minutes = minutes_to_first_part(session, progress.begun_at) if progress.finished else None
    if minutes is not None:
        texts["taken"] = _taken_text(minutes)
    return texts


def shown_offer(offer: Offer, host_url: str) -> dict[str, Any]:
    """A one-time code with the address that a tablet opens."""
    address = f"{host_url}enrol?code={offer.code}"
    return {
        "terminal": offer.terminal,
        "code": offer.code,
        "address": address,
        "qr": qr_image(address),
    }


def _plant_view(session: Session, progress: Progress) -> dict[str, Any]:
    stored = service.site_of(exported(session))
    return {"stored": stored, "zones": ZONES, "usual_day": USUAL_DAY}


def _trade_view(session: Session, progress: Progress) -> dict[str, Any]:
    """The choices, and what the chosen ones would add."""
    asked = request.args if request.method == "GET" else request.form
    chosen = {name: asked.get(name, "").strip()[:40] for name in ("trade", "shifts", "start")}
    problem, proposal = None, None
    if chosen["trade"] or chosen["shifts"]:
        try:
            proposal = service.proposal_of(
                session, **{name: value or None for name, value in chosen.items()}
            )
        except Refusal as refusal:
            problem = refusal
    plant = exported(session)
    return {
        "trades": trades(),
        "plans": shift_plans(),
        "chosen": chosen,
        "asked": "trade" in asked,
        "proposal": proposal,
        "choice_problem": problem,
        "has_calendar": bool(plant.get("calendars")),
        "classes": {str(each): class_word(TimeClass(each)) for each in ReasonClass},
    }


def _machines_view(session: Session, progress: Progress) -> dict[str, Any]:
    plant = exported(session)
    trade = _trade_in_use(plant)
    lines = plant.get("lines", [])
    return {
        "lines": lines,
        "calendars": plant.get("calendars", []),
        "machines": stored_machines(session),
        "usual_line": dict(trade.line) if trade else {"ko": "1라인", "en": "Line 1"},
        "usual_machine": dict(trade.machine) if trade else {"ko": "설비", "en": "Machine"},
        "usual_count": USUAL_COUNT,
        "usual_limit": str(trade.minor_stop_limit_s) if trade else "300",
        "limits": LIMITS,
    }


def _items_view(session: Session, progress: Progress) -> dict[str, Any]:
    plant = exported(session)
    return {"items": plant.get("items", []), "machines": stored_machines(session)}


def _devices_view(session: Session, progress: Progress) -> dict[str, Any]:
    machines = stored_machines(session)
    sources = exported(session).get("sources", [])
    used = {machine["code"]: _used_sources(machine["signals"]) for machine in machines}
    return {
        "machines": machines,
        "sources": [
            {
                "code": source["id"],
                "protocol": source.get("protocol", ""),
                "machines": [one["name"] for one in machines if source["id"] in used[one["code"]]],
            }
            for source in sources
        ],
        "used": used,
        "open": [one for one in machines if "state" not in one["signals"]],
    }


def _people_view(session: Session, progress: Progress) -> dict[str, Any]:
    people = queries.floor(session)
    badge = str(max([1000, *(int(one.badge_no) for one in people if _is_plain(one.badge_no))]) + 1)
    zone = ZoneInfo(site.zone(session))
    return {
        "people": people,
        "tablets": [row for row in queries.terminals(session) if row.state != "retired"],
        "tablets_text": _tablets_text(session),
        "places": places.places_of_terminals(session),
        "usual_badge": badge,
        "usual_pin": new_pin(badge),
        "at_time": lambda instant: f"{datetime.fromtimestamp(instant / US_PER_S, zone):%H:%M}",
    }


def _part_view(session: Session, progress: Progress) -> dict[str, Any]:
    job = _first_job(session)
    shown = None
    if job is not None:
        unit = session.get_one(Equipment, job.work_unit_id)
        item = session.get_one(MaterialDefinition, job.material_id)
        shown = {
            "number": job.number,
            "state": job.state,
            "is_open": job.state in OPEN,
            "quantity": job.quantity,
            "unit": unit.code,
            "unit_name": unit.names,
            "item_name": item.names,
        }
    machines = stored_machines(session)
    return {
        "job": shown,
        "machines": [one for one in machines if one["rates"]] or machines,
        "items": exported(session).get("items", []),
        "texts": live_texts(session, progress),
    }


_VIEWS = {
    Step.PLANT: _plant_view,
    Step.TRADE: _trade_view,
    Step.MACHINES: _machines_view,
    Step.ITEMS: _items_view,
    Step.DEVICES: _devices_view,
    Step.PEOPLE: _people_view,
    Step.PART: _part_view,
}


def _trade_in_use(plant: Plant) -> Trade | None:
    """The trade most of whose own reasons the plant has; None: of none it has enough."""
    codes = {row["code"] for row in plant.get("reasons", [])}
    common = set.intersection(*({row["code"] for row in one.reasons} for one in trades()))

    def part(trade: Trade) -> float:
        own = {row["code"] for row in trade.reasons} - common
        return len(own & codes) / len(own)

    best = max(trades(), key=part)
    return best if part(best) >= PART_OF_REASONS else None


def _used_sources(signals: Mapping[str, Any]) -> set[str]:
    paths = [part.get("tag") or part.get("lamp") for part in signals.values()]
    return {path.partition("/")[0] for path in paths if path}


def _tablets_text(session: Session) -> str:
    enrolled = sum(1 for row in queries.terminals(session) if row.state == "enrolled")
    if not enrolled:
        return str(gettext("No tablet is enrolled yet."))
    return str(gettext("Enrolled tablets: %(n)s", n=enrolled))


def _taken_text(minutes: int) -> str:
    return str(gettext("To the first part: %(n)s min", n=minutes))


def _first_job(session: Session) -> JobOrder | None:
    """The last job that was made: the one that the guide is about."""
    return session.scalar(select(JobOrder).order_by(JobOrder.id.desc()).limit(1))


def _machine_of_first_job(session: Session) -> int | None:
    job = _first_job(session)
    return None if job is None else job.work_unit_id


def _is_plain(badge: str) -> bool:
    return badge.isascii() and badge.isdigit() and len(badge) <= 9
