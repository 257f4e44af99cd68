// One production day: its shifts and exceptions, and what can be added to it.
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { crewClass, dayText, hours, overtimeWord, shiftName, times, works } from "./days.js";

export function dayPanel(page) {
  const day = page.items?.find((one) => one.day === page.selected);
  if (!day) return html`<aside class="card dayp"><p class="muted">${_("Choose a day to see its shifts.")}</p></aside>`;
  return html`<aside class="card dayp" aria-label=${dayText(day.day)}>
    <header><h2>${dayText(day.day)}</h2>${day.past ? html`<span class="mark">${_("Over")}</span>` : nothing}</header>
    ${message(page)}
    ${day.holiday ? entry(page, day, day.holiday.id, html`<b class="red">${nameOf(day.holiday.name, _("Holiday"))}</b><small>${_("Holiday")}</small>`) : nothing}
    ${day.shifts.map((shift) => shiftRow(page, day, shift))}
    ${day.shifts.length ? nothing : html`<p class="muted">${_("Nothing is scheduled.")}</p>`}
    ${day.stops.map((stop) => entry(page, day, stop.id, html`<b>${nameOf(stop.reason?.name, _("Planned stop"))}</b><small class="num">${stop.whole_day ? _("Whole day") : times(stop)}</small>`))}
    ${page.canEdit ? actions(page, day) : nothing}</aside>`;
}

function message(page) {
  if (!page.message || page.mode !== "day") return nothing;
  return html`<p class="msg ${page.message.bad ? "dn" : "up"}" role="status">${page.message.text}</p>`;
}

function shiftRow(page, day, shift) {
  const crew = shift.crew ? html`<i class=${crewClass(shift.crew, page.crews)}>${shift.crew}</i>` : nothing;
  const body = html`<b>${crew} ${shift.code ? shiftName(shift) : _("Always scheduled")}</b>
    <small class="num">${times(shift)} · ${_("{n} planned", { n: hours(shift.planned_hours) })}</small>
    ${shift.breaks.map((pause) => html`<small class="num muted">${times(pause)} ${nameOf(pause.reason.name, pause.reason.code)}</small>`)}`;
  if (shift.exception === null) return html`<div class="ent"><div>${body}</div></div>`;
  return entry(page, day, shift.exception, html`${body}<small>${overtimeWord(day)}</small>`);
}

function entry(page, day, id, body) {
  const allowed = page.canEdit && (!day.past || page.canChangePast);
  return html`<div class="ent"><div>${body}</div>${allowed ? html`<button type="button" class="btn" ?disabled=${page.busy} @click=${() => page.withdraw(day, id)}>${icon("trash")}<span>${_("Remove")}</span></button>` : nothing}</div>`;
}

function actions(page, day) {
  if (day.past && !page.canChangePast) return html`<p class="muted">${_("This day is over. Only a supervisor can change it, with a reason.")}</p>`;
  const kinds = [
    ["overtime", "plus", overtimeWord(day), !day.always],
    ["holiday", "star", _("Holiday"), !day.holiday],
    ["stop", "wait", _("Planned stop"), true],
  ];
  return html`<div class="acts" role="group" aria-label=${_("Add to this day")}>${kinds.filter(([, , , shown]) => shown).map(([kind, symbol, label]) =>
    html`<button type="button" class="btn" aria-pressed=${page.mode === "day" && page.form?.kind === kind ? "true" : "false"} @click=${() => page.openForm(kind, day)}>${icon(symbol)}<span>${label}</span></button>`)}</div>
    ${day.past ? pastField(page) : nothing}
    ${page.form && page.mode === "day" ? form(page, day) : nothing}`;
}

export function pastField(page) {
  return field(page, "past_reason", _("Why does the past change?"), { required: true, value: page.pastReason, typed: (value) => { page.pastReason = value; } });
}

function form(page, day) {
  const parts = { overtime: overtimeForm, holiday: holidayForm, stop: stopForm }[page.form.kind];
  const label = { overtime: overtimeWord(day), holiday: _("Holiday"), stop: _("Planned stop") }[page.form.kind];
  return html`<form class="addf" @submit=${(event) => { event.preventDefault(); page.addException(day); }}>
    ${parts(page, day)}
    <button class="btn primary" ?disabled=${page.busy}>${icon("save")}<span>${_("Add: {what}", { what: label })}</span></button></form>`;
}

function overtimeForm(page, day) {
  const shifts = page.pattern?.shifts ?? [];
  const choose = (code) => {
    const known = shifts.find((shift) => shift.code === code);
    Object.assign(page.form, { shift: code, start: known?.start ?? "", end: known?.end ?? "" });
    page.update();
  };
  return html`<div class="field"><label for="c-shift">${works(day) ? _("Lengthen a shift, or add one") : _("Work as")}</label>
      <select class="in" id="c-shift" @change=${(event) => choose(event.target.value)}>
        ${shifts.map((shift) => html`<option value=${shift.code} ?selected=${page.form.shift === shift.code}>${nameOf(shift.name, shift.code)} ${shift.start}–${shift.end}</option>`)}
        <option value="OT" ?selected=${page.form.shift === "OT"}>${_("Extra shift")}</option></select></div>
    <div class="pair">${field(page, "start", _("From"), { type: "time", required: true })}${field(page, "end", _("Until"), { type: "time", required: true })}</div>
    ${page.crews.length ? html`<div class="field"><label for="c-crew">${_("Crew")}</label><select class="in" id="c-crew" @change=${(event) => { page.form.crew = event.target.value; }}>
      <option value="">${_("Whose turn it is")}</option>${page.crews.map((crew) => html`<option value=${crew.crew} ?selected=${page.form.crew === crew.crew}>${nameOf(crew.name, crew.crew)}</option>`)}</select></div>` : nothing}`;
}

function holidayForm(page) {
  return html`${field(page, "ko", _("Name in Korean"), { required: true })}${field(page, "en", _("Name in English"), { required: true })}`;
}

function stopForm(page) {
  return html`<div class="field"><label for="c-reason">${_("Reason")}</label><select class="in" id="c-reason" @change=${(event) => { page.form.reason = event.target.value; }}>
      <option value="">${_("Planned stop")}</option>${page.reasons.map((reason) => html`<option value=${reason.code} ?selected=${page.form.reason === reason.code}>${nameOf(reason.name, reason.code)}</option>`)}</select></div>
    <div class="pair">${field(page, "start", _("From, empty: all day"), { type: "time" })}${field(page, "end", _("Until"), { type: "time" })}</div>`;
}

// Times and dates are typed as text: native pickers show them in the format of the device.
const KINDS = {
  time: { pattern: "([01]\\d|2[0-3]):[0-5]\\d", placeholder: "08:00", inputmode: "numeric", maxlength: 5 },
  date: { pattern: "\\d{4}-\\d{2}-\\d{2}", placeholder: "2026-11-24", inputmode: "numeric", maxlength: 10 },
  number: { pattern: "\\d{1,4}", inputmode: "numeric", maxlength: 4 },
  text: { maxlength: 200 },
};

export function field(page, name, label, { type = "text", required = false, value = page.form?.[name] ?? "", typed = (text) => { page.form[name] = text; }, maxlength = null } = {}) {
  const error = page.errors[name];
  const kind = KINDS[type];
  return html`<div class="field"><label class=${required ? "req" : ""} for="c-${name}">${label}</label>
    <input class="in num" id="c-${name}" pattern=${kind.pattern ?? nothing} placeholder=${kind.placeholder ?? nothing} inputmode=${kind.inputmode ?? nothing} maxlength=${maxlength ?? kind.maxlength} autocomplete="off" ?required=${required} .value=${String(value)}
      aria-invalid=${error ? "true" : nothing} aria-describedby=${error ? `ce-${name}` : nothing} @change=${(event) => { typed(event.target.value.trim()); page.update(); }}>
    ${error ? html`<span class="err" id="ce-${name}">${error}</span>` : nothing}</div>`;
}
