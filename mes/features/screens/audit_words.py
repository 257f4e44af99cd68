"""What the audit log says was done, in words: of what, and what was done to it."""

from __future__ import annotations

from flask_babel import gettext


def _(text: str) -> str:
    return str(gettext(text))


def deed(action: str) -> str:
    """An action such as `work_order.released` in words; empty where it has none."""
    if action == "session.begin":
        return _("Has signed in")
    thing, _dot, verb = action.partition(".")
    what, done = _things().get(thing), _deeds().get(verb)
    if what is None or done is None:
        return ""
    return str(gettext("%(what)s: %(done)s", what=what, done=done))


def _things() -> dict[str, str]:
    return {
        "account": _("Account"),
        "calendar": _("Calendar"),
        "check": _("Check"),
        "check_plan": _("Check plan"),
        "equipment": _("Machine"),
        "first_run": _("First set-up"),
        "handover": _("Handover"),
        "hour": _("Hour"),
        "instruction": _("Work instruction"),
        "item": _("Item"),
        "job": _("Job"),
        "kpi_target": _("Target"),
        "label": _("Label"),
        "line": _("Line"),
        "people": _("People"),
        "person": _("Person"),
        "plant": _("Plant"),
        "printer": _("Label printer"),
        "quantity": _("Pieces"),
        "reason": _("Reason"),
        "report_schedule": _("Report file"),
        "routing": _("Routing"),
        "stop": _("Stop"),
        "terminal": _("Terminal"),
        "token": _("Access token"),
        "work_order": _("Work order"),
        "work_orders": _("Work orders"),
    }


def _deeds() -> dict[str, str]:
    added, changed, retired = _("added"), _("changed"), _("retired")
    cancelled, entered = _("cancelled"), _("entered")
    return {
        "acknowledged": _("acknowledged"),
        "add": added,
        "added": added,
        "again": _("printed again"),
        "badge": _("badge changed"),
        "begin": _("begun"),
        "calendar": _("calendar chosen"),
        "cancel": cancelled,
        "cancelled": cancelled,
        "change": changed,
        "changed": changed,
        "closed": _("closed"),
        "comment": _("comment written"),
        "complete": _("completed"),
        "completed": _("completed"),
        "correct": _("corrected"),
        "create": added,
        "created": added,
        "disable": _("locked"),
        "dispatched": _("dispatched to a machine"),
        "drafted": _("drafted"),
        "enrol": _("enrolled"),
        "enter": entered,
        "imported": _("imported"),
        "items": _("items added"),
        "machines": _("machines added"),
        "moved": _("moved"),
        "offer": _("enrolment code made"),
        "part": _("reason for a part given"),
        "password": _("password made anew"),
        "pause": _("paused"),
        "pin": _("PIN made anew"),
        "plant": _("plant named"),
        "print": _("printed"),
        "released": _("released"),
        "restored": _("used again"),
        "resume": _("resumed"),
        "retire": retired,
        "retired": retired,
        "revert": _("reason taken back"),
        "revoke": _("revoked"),
        "roles": _("roles changed"),
        "roll_back": _("taken back to a former revision"),
        "running": _("begun on a machine"),
        "set": changed,
        "start": _("started"),
        "stop": _("stopped"),
        "trade": _("trade chosen"),
        "void": _("voided"),
        "whole": _("reason given"),
    }
