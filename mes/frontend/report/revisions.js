// What happened to a signed-off shift: who signed, and each revision with old and new figure.
import { count, percent } from "../lib/format.js";
import { _, counted, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { listFiles } from "../lib/list-files.js";
import { clock, day } from "../lib/time.js";

const moment = (value) => `${day(value)} ${clock(value)}`;

/** The history of a shift; the figures of the place on the page come first. */
export function history(view, figures, place) {
  const names = new Map([[view.line, view.name], ...view.work_units.map((unit) => [unit.work_unit, unit.name])]);
  const scopes = [...names.keys()].sort((one, other) => (other === place) - (one === place));
  return html`<ul class="so-list">${view.history.map((entry) => html`<li>${icon(entry.kind === "signoff" ? "lock" : "undo")}
      <span><b>${entry.kind === "signoff" ? _("Signed off") : _("Opened again")}</b> ${entry.by} · <span class="num">${moment(entry.at)}</span>
      ${entry.note ? html`<br><q>${entry.note}</q>` : nothing}
      ${entry.checklist.length ? html`<br><span class="muted">${counted(entry.checklist.length, _("1 point was not in order"), _("{n} points were not in order", { n: entry.checklist.length }))}</span>` : nothing}</span></li>`)}</ul>
    <p class="acts-row">${listFiles("/published", { line: view.line, day: view.production_day, shift: view.shift || "day", revisions: "true" })}</p>
    ${scopes.map((scope) => revisionsOf(nameOf(names.get(scope), scope), figures.filter((figure) => figure.scope === scope)))}`;
}

function revisionsOf(name, figures) {
  const [newest] = figures;
  if (!newest) return nothing;
  return html`<section class="so-fig"><h3>${name} <span class="un num">${newest.policy.name} v${newest.policy.version}</span></h3>
    <ol>${figures.map((figure) => revision(figure))}</ol></section>`;
}

function revision(figure) {
  const { result, old } = figure;
  return html`<li><b class="num">r${figure.revision}</b><div>
    <p class="num">${old ? html`OEE ${percent(old.kpis.oee)} → <b>${percent(result.kpis.oee)} %</b> · ${_("Good")} ${count(old.quantities.GQ)} → <b>${count(result.quantities.GQ)}</b>`
      : html`OEE <b>${percent(result.kpis.oee)} %</b> · ${_("Good")} <b>${count(result.quantities.GQ)}</b>`}</p>
    <p class="muted num">${moment(figure.published_at)}${old ? "" : ` · ${_("as signed off")}`}${figure.case ? html` · <a href=${figure.case} download=${`${figure.scope}-${figure.production_day}-${figure.shift || "day"}-r${figure.revision}.json`} aria-label=${_("Case file of revision {n}", { n: figure.revision })}>${_("Case file")}</a>` : nothing}</p>
    ${figure.cause.map((cause) => html`<p class="so-why">${icon(cause.by ? "user" : "clock")}<span>${causeText(cause)}</span></p>`)}</div></li>`;
}

function causeText(cause) {
  const from = cause.from ? moment(cause.from) : "";
  const text = kindText(cause);
  return html`${text}${from ? html` <span class="num">(${from})</span>` : nothing}${cause.by ? html` · ${cause.by}` : nothing}${cause.note ? html` · <q>${cause.note}</q>` : nothing}`;
}

function kindText({ kind, count: n, source }) {
  if (kind.startsWith("job_")) return _("Job entered or changed");
  if (kind.startsWith("count_")) return _("Decision on a suspect count");
  return {
    readings: _("{n} late readings of {source}", { n, source: source ?? "–" }),
    gaps: counted(n, _("1 hole of the source became known"), _("{n} holes of the source became known", { n })),
    stop_statement: _("Reason or state of a stop stated"),
    quantity: _("Quantity entered, moved or voided"),
    rate: _("Ideal rate changed"),
    setting: _("Setting of the machine changed"),
    signal: _("Signal of the machine changed"),
    calendar: _("Calendar changed"),
    reason_class: _("Class of a reason changed"),
    plant_file: _("Plant file applied"),
    derived_again: _("Derived again"),
    not_final_when_signed: _("Was not final when it was signed off"),
    arrived_while_signing: _("Arrived while it was signed off"),
  }[kind] ?? kind;
}
