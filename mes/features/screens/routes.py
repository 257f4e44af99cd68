"""Pages. Each page renders its frame and its first data; islands keep them fresh over the API.

What a template expects:

- every page: the helpers of `setup.page_helpers` (language, theme, site, clock, who, asset ...)
- `wall.html`: `lines` [{code, name{ko,en}}], `units` [{code, name, line}], `tiles` [tile]
- `terminal.html`, `jobs.html`: `unit` {code, name, line}, `tiles` [tile], `can_enrol`
- `orders.html`: `units` [{code, name, line}], `items` [{code, name, unit}]
- `report.html`: `report`, see `report.view.shown_report`
- `sources.html`: `units`; the island reads `/api/v1/sources`
- `checks.html`: `may_decide`; the island reads `/api/v1/checks`
- `audit.html`: `audit`, see `audit.AuditPage`
- `sign-in.html`: `next`
- `error.html`: `problem` {title, status, code, detail}
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl, urlsplit

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
)
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from mes.clock import plant_now_us
from mes.core.refusal import Refusal
from mes.features.calls.routes import PEOPLE as ANSWERERS
from mes.features.checks.access import DECIDERS as CHECK_DECIDERS
from mes.features.checks.access import READERS as CHECK_READERS
from mes.features.production.master_loading import masters
from mes.features.production.queries import tiles
from mes.features.publishing.settling import settle_waiting
from mes.features.screens.audit import AuditFilter, audit_page
from mes.features.screens.language import (
    COOKIE,
    LANGUAGES,
    YEAR_S,
    safe_next,
    select_language,
)
from mes.features.screens.report.asked import wanted_of
from mes.features.screens.report.loading import load_report
from mes.features.screens.report.targets import KPIS, set_targets, targets_mark
from mes.features.screens.setup import EXTENSION, Screens
from mes.features.screens.site import Place, read_layout, read_site
from mes.web.displays import COOKIE as DISPLAY_COOKIE
from mes.web.displays import COOKIE_S, is_display
from mes.web.roles import Role, actor, check, maybe_actor
from mes.web.sessions import cookie_name, set_key_cookie
from mes.web.wiring import settings

screens = Blueprint("screens", __name__)
NOTHING: Mapping[str, str] = MappingProxyType({})
TARGETERS = (Role.MANAGER, Role.SUPERVISOR)
"""Who sets targets of KPIs."""
AUDIT_FIELDS = ("object", "action", "first", "last", "before")


@screens.get("/language/<code>")
def language(code: str) -> Response:
    """Set the language cookie and go back to where the reader was."""
    if code not in LANGUAGES:
        raise NotFound
    response = make_response(redirect(safe_next(request.args.get("next"))))
    response.set_cookie(COOKIE, code, max_age=YEAR_S, samesite="Lax", secure=request.is_secure)
    return response


@screens.get("/")
def overview() -> Response:
    """The plant overview for wall and desk; a wall display gets its key anew with it."""
    with held().database.reading() as session:
        layout = read_layout(session)
        present = tiles(session, None, plant_now_us())
    who = maybe_actor()
    page = render_template(
        "wall.html",
        lines=[place_data(line) for line in layout.lines],
        units=[place_data(unit) for unit in layout.work_units],
        tiles=present,
        kiosk=is_display(who),
        may_answer=who is not None and who.has(*ANSWERERS),
    )
    response = make_response(page)
    key = request.cookies.get(cookie_name(DISPLAY_COOKIE, settings()))
    if is_display(who) and key:
        set_key_cookie(response, DISPLAY_COOKIE, key, max_age_s=COOKIE_S)
    return response


@screens.get("/terminal/<work_unit>")
def terminal(work_unit: str) -> str:
    """The operator terminal of one machine."""
    return unit_page("terminal.html", work_unit)


@screens.get("/jobs/<work_unit>")
def jobs(work_unit: str) -> str:
    """The job list of one machine."""
    return unit_page("jobs.html", work_unit)


@screens.get("/orders")
def orders() -> str:
    """Work orders: conditions, grid, form."""
    return render_template("orders.html", units=work_units())


@screens.get("/report")
def report() -> str:
    """The OEE report of a shift, day or week of a machine, a line or the plant."""
    return report_page(request.args)


def report_page(
    asked: MultiDict[str, str], problem: Refusal | None = None, typed: Mapping[str, str] = NOTHING
) -> str:
    """The report that was asked for.

    Args:
        asked: conditions of the address.
        problem: why the targets that were typed were not set.
        typed: the form that set them.
    """
    wanted = wanted_of(asked, select_language())
    now = plant_now_us()
    settle_waiting(held().database, now, None)
    with held().database.reading() as session:
        shown = load_report(session, wanted, now)
        mark = targets_mark(session, masters(session), str(shown["place"]))
    who = maybe_actor()
    return render_template(
        "report.html",
        report=shown,
        problem=problem,
        typed=typed,
        targets_mark=mark,
        may_target=who is not None and who.has(*TARGETERS),
        may_sign=who is not None and who.has(Role.SUPERVISOR, Role.MANAGER),
        may_reopen=who is not None and who.has(Role.MANAGER),
    )


@screens.post("/report/targets")
def targets() -> Response:
    """Set the targets of a place; the page that asked comes back, with a refusal on it."""
    check(actor(), TARGETERS, method=request.method, tokens=False)
    place = request.form.get("place", "")[:80]
    given = {kpi: request.form[kpi][:80] for kpi in KPIS if kpi in request.form}
    address = safe_next(request.form.get("next"))
    try:
        with held().database.transaction() as session:
            set_targets(
                session,
                actor().to_json(),
                masters(session),
                place,
                given,
                plant_now_us(),
                request.form.get("seen"),
            )
    except Refusal as refusal:
        asked = MultiDict(parse_qsl(urlsplit(address).query))
        return make_response(report_page(asked, refusal, request.form), refusal.status)
    return make_response(redirect(address, 303))


@screens.get("/sources")
def sources() -> str:
    """Sources with their link state."""
    who = maybe_actor()
    may_change = who is not None and who.has(Role.INTEGRATOR)
    return render_template("sources.html", units=work_units(), may_change=may_change)


@screens.get("/audit")
def audit() -> str:
    """The audit log, for managers and administrators."""
    check(actor(), (Role.MANAGER, Role.ADMINISTRATOR), method=request.method, tokens=False)
    asked = {name: request.args.get(name, "").strip()[:80] for name in AUDIT_FIELDS}
    zone = read_site(held().database).zone
    with held().database.reading() as session:
        shown = audit_page(session, AuditFilter(**asked), zone)
    return render_template("audit.html", audit=shown)


@screens.get("/checks")
def checks() -> str:
    """Suspect counts and their decisions, records kept aside, statements without a stop."""
    check(actor(), CHECK_READERS, method=request.method)
    return render_template("checks.html", may_decide=actor().has(*CHECK_DECIDERS))


@screens.get("/sign-in")
def sign_in() -> str:
    """The form for a sign-in with password; the post goes to the people feature."""
    return render_template("sign-in.html", next=safe_next(request.args.get("next")))


def unit_page(template: str, code: str) -> str:
    """A page of one work unit.

    Raises:
        NotFound: There is no work unit of that code.
    """
    with held().database.reading() as session:
        layout = read_layout(session)
        unit = layout.work_unit(code)
        if unit is None:
            raise NotFound(f"There is no work unit {code}.")
        present = tiles(session, [masters(session).work_unit_ids[code]], plant_now_us())
    line = layout.line(unit.parent)
    return render_template(
        template,
        unit=place_data(unit),
        line=place_data(line) if line else None,
        tiles=present,
    )


def work_units() -> list[dict[str, object]]:
    """All work units as islands read them."""
    with held().database.reading() as session:
        layout = read_layout(session)
    return [place_data(unit) for unit in layout.work_units]


def place_data(place: Place) -> dict[str, object]:
    """A place as islands read it."""
    return {"code": place.code, "name": dict(place.names), "line": place.parent}


def held() -> Screens:
    """What `init_screens` put on the application."""
    screens_held: Screens = current_app.extensions[EXTENSION]
    return screens_held
