"""Making the file of a report: by the same functions as its page, in the words of a language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Flask
from flask_babel import Babel, force_locale
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.explain.spreadsheet import Spreadsheet
from mes.features.oee.service import known_unit
from mes.features.reports.exports import csv_text, write_xlsx
from mes.features.reports.files import file_grids
from mes.features.reports.production import production_report
from mes.features.schedules.kinds import FileKind
from mes.features.screens.report.asked import Chosen, Wanted, choose
from mes.features.screens.report.frame import Frame
from mes.features.screens.report.framing import frame_of
from mes.features.screens.report.loading import links_of, read_page
from mes.features.screens.report.marks import marks_of, worth_of
from mes.features.screens.report.periods import Period
from mes.features.screens.setup import TRANSLATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A file to be made; `policy` None: the profile of the site."""

    kind: FileKind
    place: str
    period: Period
    policy: str | None
    language: str


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Texts of the screens in that language, outside a request."""
    with _speaker().app_context(), force_locale(language):
        yield


@lru_cache(maxsize=1)
def _speaker() -> Flask:
    app = Flask("mes.reports")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app, default_locale="en")
    return app


def known_to_end(session: Session, wish: Wish, now_us: int) -> bool:
    """Whether all machines of the report are known to the end of its period.

    Raises:
        Refusal: as `chosen_of`.
    """
    chosen = chosen_of(session, wish, now_us)
    for unit in chosen.units:
        given = known_unit(session, chosen.known, unit, now_us)
        until = given.as_of if given.known_until is None else min(given.as_of, given.known_until)
        if until < wish.period.span.end:
            return False
    return True


def write_report(session: Session, wish: Wish, path: Path, now_us: int) -> str:
    """Write the file of a report; what its figures are worth, in words.

    Raises:
        Refusal: as `chosen_of`, `too_many_rows` (422).
    """
    chosen = chosen_of(session, wish, now_us)
    wanted = _wanted(wish)
    given = [known_unit(session, chosen.known, unit, now_us) for unit in chosen.units]
    frame: Frame = frame_of(chosen, wanted, links_of(chosen, wanted, given))
    if wish.kind is FileKind.OEE:
        Spreadsheet(session, chosen, wish.language, "").write(path, now_us)
        page = read_page(session, chosen, now_us)
        return marks_of(session, chosen, frame, worth_of(page)).state
    found = production_report(session, chosen, frame, now_us)
    grids = file_grids(frame, chosen.period, found.grids, found.marks, now_us)
    if wish.kind is FileKind.PRODUCTION:
        write_xlsx(path, grids, frame.zone)
    else:
        path.write_text(csv_text(grids[0], frame.zone), encoding="utf-8", newline="")
    return found.marks.state


def chosen_of(session: Session, wish: Wish, now_us: int) -> Chosen:
    """What the file is about.

    Raises:
        Refusal: `place_unknown`, `period_unknown` (404), `policy_unknown` (422).
    """
    chosen = choose(session, _wanted(wish), now_us)
    if chosen.period != wish.period:
        raise Refusal(
            "period_unknown",
            f"the calendar of {wish.place} has no {wish.period.kind.value} of this day any more",
            status=404,
        )
    return chosen


def _wanted(wish: Wish) -> Wanted:
    return Wanted(
        place=wish.place,
        period=wish.period.kind.value,
        day=wish.period.day.isoformat(),
        shift=wish.period.shift or "",
        policy=wish.policy or "",
        language=wish.language,
        path="/report" if wish.kind is FileKind.OEE else "/production",
    )
