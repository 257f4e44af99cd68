// The month as a grid of weeks: each day a button with its shifts, crews and exceptions.
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { crewClass, dayText, overtimeWord, shiftName, works } from "./days.js";

export function monthGrid(page) {
  const { items, month, crews } = page;
  if (!items || !month) return html`<section class="card calgrid"><p class="empty">${page.error ? nothing : _("Loading")}</p></section>`;
  const weeks = [];
  for (let at = 0; at < items.length; at += 7) weeks.push(items.slice(at, at + 7));
  return html`<section class="card calgrid" aria-label=${dayText(month, "month")}>
    <table class="cal"><thead><tr>${items.slice(0, 7).map((day) => html`<th scope="col" class=${day.weekday === "sun" ? "sun" : ""}>${dayText(day.day, "weekday")}</th>`)}</tr></thead>
    <tbody>${weeks.map((week) => html`<tr>${week.map((day) => html`<td>${cell(page, day, crews)}</td>`)}</tr>`)}</tbody></table></section>`;
}

function cell(page, day, crews) {
  const other = !day.day.startsWith(page.month.slice(0, 7));
  const red = day.holiday || day.weekday === "sun";
  const classes = ["day", other ? "other" : "", day.past ? "past" : "", works(day) || day.shifts.length ? "" : "free", day.day === page.today ? "today" : ""];
  return html`<button type="button" class=${classes.filter(Boolean).join(" ")} aria-pressed=${page.selected === day.day ? "true" : "false"} @click=${() => page.choose(day.day)}>
    <span class="dn ${red ? "red" : ""}"><b class="num">${Number(day.day.slice(8))}</b>${day.day === page.today ? html`<em>${_("Today")}</em>` : nothing}${page.starts.has(day.day) ? html`<span class="newp">${icon("refresh")}<span class="sr">${_("New pattern")}</span></span>` : nothing}</span>
    ${day.holiday ? html`<span class="hol">${nameOf(day.holiday.name, _("Holiday"))}</span>` : nothing}
    ${day.shifts.map((shift) => html`<span class="sh ${shift.exception === null ? "" : "ot"}">${shift.crew ? html`<i class=${crewClass(shift.crew, crews)}>${shift.crew}</i>` : nothing}<span>${shift.exception === null ? shiftName(shift) : overtimeWord(day)}</span></span>`)}
    ${day.stops.map((stop) => html`<span class="sh stp">${icon("wait")}<span>${nameOf(stop.reason?.name, _("Planned stop"))}</span></span>`)}
  </button>`;
}

/** What the signs mean. */
export function legend(page) {
  return html`<p class="legend muted">${page.crews.map((crew) => html`<span><i class=${crewClass(crew.crew, page.crews)}>${crew.crew}</i>${nameOf(crew.name, crew.crew)}</span>`)}
    <span><span class="sh ot">${_("Overtime")}</span></span><span><span class="sh stp">${icon("wait")}${_("Planned stop")}</span></span><span class="hol">${_("Holiday")}</span></p>`;
}
