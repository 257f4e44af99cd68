// Another pattern: a preset, its start and crews, and the first 14 days before it is applied.
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { crewClass, dayText, shiftName } from "./days.js";
import { field, pastField } from "./day.js";

export function patternPanel(page) {
  const { form } = page;
  const preset = page.presets.find((one) => one.preset === form.preset);
  const over = form.valid_from && page.today && form.valid_from < page.today;
  return html`<section class="card patp" aria-labelledby="pat-h"><header><h2 id="pat-h">${_("Another shift pattern")}</h2><span class="sp"></span>
      <button type="button" class="btn" @click=${() => page.closePattern()}>${icon("close")}<span>${_("Close")}</span></button></header>
    ${page.message ? html`<p class="msg ${page.message.bad ? "dn" : "up"}" role="status">${page.message.text}</p>` : nothing}
    <div class="chips" role="group" aria-label=${_("Pattern")}>${page.presets.map((one) => html`<button type="button" class="chip" aria-pressed=${one.preset === form.preset ? "true" : "false"} @click=${() => page.choosePreset(one)}>${nameOf(one.name)}</button>`)}</div>
    ${preset ? html`<form class="frm" @submit=${(event) => { event.preventDefault(); page.applyPattern(); }}>
      ${field(page, "valid_from", _("From production day"), { type: "date", required: true, typed: (value) => page.patternTyped("valid_from", value) })}
      ${field(page, "start", _("First shift starts"), { type: "time", required: true, typed: (value) => page.patternTyped("start", value) })}
      ${preset.crews > 1 ? field(page, "consecutive_days", _("Days in a row"), { type: "number", required: true, typed: (value) => page.patternTyped("consecutive_days", value) }) : nothing}
      <div class="field"><span class="lb">${_("Crews in order")}</span><div class="crewf">${form.crews.map((code, place) => html`<input class="in num" maxlength="12" aria-label=${_("Crew {n}", { n: place + 1 })} .value=${code} @change=${(event) => { form.crews[place] = event.target.value.trim(); page.loadPreview(); }}>`)}</div></div>
      ${over ? (page.canChangePast ? pastField(page) : html`<p class="muted">${_("This day is over. Only a supervisor can change it, with a reason.")}</p>`) : nothing}
      <div class="field"><span class="lb">${_("What is planned until then stays.")}</span><button class="btn primary" ?disabled=${page.busy || !page.preview}>${icon("check")}<span>${_("Apply from {day}", { day: form.valid_from ? dayText(form.valid_from, "short") : "–" })}</span></button></div></form>
      ${preview(page)}` : html`<p class="muted">${_("Choose a pattern to see its first 14 days.")}</p>`}</section>`;
}

function preview(page) {
  if (!page.preview) return html`<p class="muted">${page.previewError || _("Loading")}</p>`;
  const { items, definition } = page.preview;
  const crews = definition.cycle.crews.map((crew) => ({ crew: crew.code, name: crew.name }));
  return html`<h3>${_("The first 14 days")}</h3><div class="tw" tabindex="0" role="region" aria-label=${_("The first 14 days")}><table class="prev"><thead><tr><th scope="col">${_("Crew")}</th>
      ${items.map((day) => html`<th scope="col" class=${day.holiday || day.weekday === "sun" ? "red" : ""}>${dayText(day.day, "short")}<br><small>${dayText(day.day, "weekday")}</small></th>`)}</tr></thead>
    <tbody>${crews.map((crew) => html`<tr><th scope="row"><i class=${crewClass(crew.crew, crews)}>${crew.crew}</i></th>${items.map((day) => {
      const own = day.shifts.filter((shift) => shift.crew === crew.crew);
      return html`<td class=${own.length ? "" : "free"}>${own.length ? own.map((shift) => html`<span>${shiftName(shift)}</span>`) : html`<span class="faint">${_("Off duty")}</span>`}</td>`;
    })}</tr>`)}</tbody></table></div>
    <p class="muted num">${definition.shifts.map((shift) => html`<span class="nowrap">${nameOf(shift.name, shift.code)} ${shift.start}–${shift.end}</span> `)}</p>`;
}

/** The public holidays of a country and year. */
export function holidaysPanel(page) {
  return html`<section class="card patp" aria-labelledby="hol-h"><header><h2 id="hol-h">${_("Public holidays")}</h2><span class="sp"></span>
      <button type="button" class="btn" @click=${() => page.closePattern()}>${icon("close")}<span>${_("Close")}</span></button></header>
    <p class="muted">${_("Adds the holidays of a year to this calendar. What was changed or removed here stays so.")}</p>
    ${page.message ? html`<p class="msg ${page.message.bad ? "dn" : "up"}" role="status">${page.message.text}</p>` : nothing}
    <form class="frm" @submit=${(event) => { event.preventDefault(); page.seed(); }}>
      ${field(page, "country", _("Country, two letters"), { required: true, maxlength: 2 })}
      ${field(page, "year", _("Year"), { type: "number", required: true })}
      <div class="field"><span class="lb">${_("Days that are over stay as they are.")}</span><button class="btn primary" ?disabled=${page.busy}>${icon("plus")}<span>${_("Add holidays")}</span></button></div></form></section>`;
}

