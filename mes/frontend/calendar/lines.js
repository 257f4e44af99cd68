// Which line has which calendar, and another one from a production day on.
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { dayText } from "./days.js";
import { field, pastField } from "./day.js";

export function linesPanel(page) {
  const { form, lines } = page;
  const over = form.valid_from && page.today && form.valid_from < page.today;
  return html`<section class="card patp" aria-labelledby="lin-h"><header><h2 id="lin-h">${_("Calendars of lines")}</h2><span class="sp"></span>
      <button type="button" class="btn" @click=${() => page.closePattern()}>${icon("close")}<span>${_("Close")}</span></button></header>
    ${page.message ? html`<p class="msg ${page.message.bad ? "dn" : "up"}" role="status">${page.message.text}</p>` : nothing}
    ${lines ? html`<ul class="linl">${lines.map((line) => html`<li><b>${nameOf(line.name, line.line)}</b> <span>${calendarName(page, line.calendar)}</span>
      ${line.calendars.filter((one) => one.valid_from > page.today).map((one) => html`<small class="muted">${_("From {day}: {calendar}", { day: dayText(one.valid_from, "short"), calendar: calendarName(page, one.calendar) })}</small>`)}</li>`)}</ul>` : html`<p class="muted">${_("Loading")}</p>`}
    ${lines?.length ? html`<form class="frm" @submit=${(event) => { event.preventDefault(); page.assign(); }}>
      ${choice(page, "line", _("Line"), lines.map((line) => [line.line, nameOf(line.name, line.line)]))}
      ${choice(page, "calendar", _("Calendar"), [...page.calendars.map((one) => [one.calendar, nameOf(one.name, one.calendar)]), ["", _("Always scheduled")]])}
      ${field(page, "valid_from", _("From production day"), { type: "date", required: true })}
      ${over ? (page.canChangePast ? pastField(page) : html`<p class="muted">${_("This day is over. Only a supervisor can change it, with a reason.")}</p>`) : nothing}
      <div class="field"><span class="lb">${_("What is planned until then stays.")}</span><button class="btn primary" ?disabled=${page.busy}>${icon("check")}<span>${_("Apply from {day}", { day: form.valid_from ? dayText(form.valid_from, "short") : "–" })}</span></button></div></form>` : nothing}</section>`;
}

function calendarName(page, code) {
  const known = page.calendars.find((one) => one.calendar === code);
  return code === null ? _("Always scheduled") : nameOf(known?.name, code);
}

function choice(page, name, label, options) {
  const error = page.errors[name];
  return html`<div class="field"><label class="req" for="c-${name}">${label}</label>
    <select class="in" id="c-${name}" aria-invalid=${error ? "true" : nothing} aria-describedby=${error ? `ce-${name}` : nothing} @change=${(event) => { page.form[name] = event.target.value; page.update(); }}>
      ${options.map(([value, text]) => html`<option value=${value} ?selected=${page.form[name] === value}>${text}</option>`)}</select>
    ${error ? html`<span class="err" id="ce-${name}">${error}</span>` : nothing}</div>`;
}
