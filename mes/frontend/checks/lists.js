// Records that ingest kept aside, and statements of people that meet no stop at present.
import { entryWords } from "../lib/entry-words.js";
import { count } from "../lib/format.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon } from "../lib/island.js";
import { clock, clockSeconds, day } from "../lib/time.js";

export function keptAside(page, records) {
  const cleared = page.list === "cleared";
  if (!records.length) return html`<p class="empty">${icon("check")} ${cleared ? _("Nothing was cleared yet.") : _("No record was kept aside.")}</p>`;
  const ids = records.map((one) => one.id);
  return html`<div class="tw checks" tabindex="0" role="region" aria-label=${_("Records kept aside, scrolls sideways")}><table>
    <thead><tr><th scope="col">${_("Source")}</th><th scope="col">${_("Received")}</th><th scope="col">${_("Reason")}</th><th scope="col">${_("Record")}</th>
      <th scope="col">${cleared ? _("Cleared") : clearButton(page, ids, _("Clear all shown"))}</th></tr></thead>
    <tbody>${records.map((one) => html`<tr class=${page.decision?.holds?.(one.id) ? "sel" : ""}><th scope="row" class="mono">${one.source}</th><td>${day(one.received_at)} <b class="num">${clockSeconds(one.received_at)}</b></td>
      <td class="why-cell">${one.message}<br><span class="mono muted">${one.code}</span></td><td class="mono rec">${JSON.stringify(one.record)}</td>
      <td>${one.cleared ? clearedBy(one.cleared) : clearButton(page, [one.id], _("Clear record"))}</td></tr>`)}</tbody></table></div>`;
}

function clearButton(page, ids, label) {
  return html`<button type="button" class="btn" @click=${() => page.clear(ids)}>${label}</button>`;
}

function clearedBy(cleared) {
  return html`<span class="said">${day(cleared.at)} <b class="num">${clock(cleared.at)}</b> ${cleared.person ?? "–"}<br><span class="muted">${cleared.note}</span></span>`;
}

/** Jobs of which more was entered as bad than was made; who entered it last. */
export function excesses(page, found) {
  if (!found.length) return html`<p class="empty">${icon("check")} ${_("Nowhere more rejects than pieces.")}</p>`;
  return html`<div class="tw checks" tabindex="0" role="region" aria-label=${_("More rejects than pieces, scrolls sideways")}><table>
    <thead><tr><th scope="col">${_("Machine")}</th><th scope="col">${_("Job")}</th><th scope="col" class="n">${_("Good")}</th><th scope="col" class="n">${_("Scrap")}</th>
      <th scope="col" class="n">${_("Rework")}</th><th scope="col">${_("Last entry")}</th><th scope="col">${_("Person")}</th></tr></thead>
    <tbody>${found.map((one) => html`<tr><th scope="row">${nameOf(one.name, one.work_unit)}</th>
      <td>${one.job_order ? html`<span class="mono">${one.job_order}</span>` : html`${_("No job")} · ${one.shift.day} ${nameOf(one.shift.name, one.shift.code)}`}</td>
      <td class="n"><b>${count(one.good)}</b></td><td class="n">${count(one.scrap)}</td><td class="n">${count(one.rework)}</td>
      <td>${day(one.entry.at)} <b class="num">${clock(one.entry.at)}</b><br><span class="muted">${entryWords(one.entry)}</span></td><td>${one.entry.person ?? "–"}</td></tr>`)}</tbody></table></div>
    <p class="empty">${_("Kept as entered and counted as it is. Correct the entry in recent entries of the machine; it goes away by itself when counts come late.")}</p>`;
}

export function lostStatements(page, statements) {
  if (!statements.length) return html`<p class="empty">${icon("check")} ${_("Every reason of the last 31 days has its stop.")}</p>`;
  return html`<div class="tw checks" tabindex="0" role="region" aria-label=${_("Reasons without a stop, scrolls sideways")}><table>
    <thead><tr><th scope="col">${_("Machine")}</th><th scope="col">${_("When")}</th><th scope="col">${_("Reason")}</th><th scope="col">${_("Person")}</th></tr></thead>
    <tbody>${statements.map((one) => html`<tr><th scope="row">${nameOf(one.name, one.work_unit)}</th><td>${day(one.start)} <b class="num">${clock(one.start)}–${one.end ? clock(one.end) : ""}</b></td>
      <td>${one.reason ? nameOf(one.reason.name, one.reason.code) : "–"}</td><td>${one.person ?? "–"}</td></tr>`)}</tbody></table></div>
    <p class="empty">${_("They attach again by themselves when the stop comes back.")}</p>`;
}
