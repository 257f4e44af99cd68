"""The explain page: from a figure to its formula, its intervals and its facts."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, request

from mes.clock import plant_now_us
from mes.features.explain.asked import asked
from mes.features.explain.evidence import evidence
from mes.features.explain.evidence_view import shown_evidence
from mes.features.explain.queries import explained
from mes.features.explain.view import Frame, shown_explanation
from mes.features.screens.language import select_language
from mes.features.screens.setup import EXTENSION, Screens

pages = Blueprint("explain", __name__)


@pages.get("/explain")
def explain() -> str:
    """Why a figure is what it is, and with `at` the facts of one of its intervals."""
    wanted = asked(request.args)
    screens: Screens = current_app.extensions[EXTENSION]
    with screens.database.reading() as session:
        found = explained(session, wanted, plant_now_us())
        frame = Frame(found=found, wanted=wanted, language=select_language())
        shown = shown_explanation(frame)
        facts = None
        if found.chosen is not None:
            after = wanted.instant("after")
            held = evidence(session, found.given, found.chosen, as_of=found.as_of, after=after)
            facts = shown_evidence(frame, found.chosen, held)
    return render_template("explain.html", explain=shown, facts=facts)
