// Records that ingest kept aside, and statements of people that meet no stop at present.
import { _, nameOf } from "../lib/i18n.js";
import { html, icon } from "../lib/island.js";
import { clock, clockSeconds, day } from "../lib/time.js";

export function keptAside(page, records) {
  if (!records.length) return html`<p class="empty">${icon("check")} ${_("No record was kept aside.")}</p>`;
  return html`<div class="tw checks" tabindex="0" role="region" aria-label=${_("Records kept aside, scrolls sideways")}><table>
    <thead><tr><th scope="col">${_("Source")}</th><th scope="col">${_("Received")}</th><th scope="col">${_("Reason")}</th><th scope="col">${_("Record")}</th></tr></thead>
    <tbody>${records.map((one) => html`<tr><th scope="row" class="mono">${one.source}</th><td>${day(one.received_at)} <b class="num">${clockSeconds(one.received_at)}</b></td>
      <td class="why-cell">${one.message}<br><span class="mono muted">${one.code}</span></td><td class="mono rec">${JSON.stringify(one.record)}</td></tr>`)}</tbody></table></div>`;
}

export function lostStatements(page, statements) {
  if (!statements.length) return html`<p class="empty">${icon("check")} ${_("Every reason of the last 31 days has its stop.")}</p>`;
  return html`<div class="tw checks" tabindex="0" role="region" aria-label=${_("Reasons without a stop, scrolls sideways")}><table>
    <thead><tr><th scope="col">${_("Machine")}</th><th scope="col">${_("When")}</th><th scope="col">${_("Reason")}</th><th scope="col">${_("Person")}</th></tr></thead>
    <tbody>${statements.map((one) => html`<tr><th scope="row">${nameOf(one.name, one.work_unit)}</th><td>${day(one.start)} <b class="num">${clock(one.start)}–${one.end ? clock(one.end) : ""}</b></td>
      <td>${one.reason ? nameOf(one.reason.name, one.reason.code) : "–"}</td><td>${one.person ?? "–"}</td></tr>`)}</tbody></table></div>
    <p class="empty">${_("They attach again by themselves when the stop comes back.")}</p>`;
}
