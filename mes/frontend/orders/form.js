// One form under the grid: unsaved fields have an indigo edge and show the former value.
import { count } from "../lib/format.js";
import { _, counted, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { clock, instant, isoDay, toInstant } from "../lib/time.js";
import { stateLabel } from "./states.js";

export function emptyForm() {
  return { item: "", quantity: "", due: "", priority: "0", tolerance_under: "0", tolerance_over: "0", note: "" };
}

export function formOf(order) {
  const due = instant(order.due);
  return {
    item: order.item,
    quantity: String(order.ordered ?? order.quantity ?? ""),
    due: due === null ? "" : `${isoDay(due)} ${clock(due)}`,
    priority: String(order.priority ?? 0),
    tolerance_under: String(order.tolerance_under ?? 0),
    tolerance_over: String(order.tolerance_over ?? 0),
    note: order.note ?? "",
  };
}

/** The form as the API takes it: decimals stay texts, the due time is an instant of the plant's zone. */
export function orderBody(form) {
  return {
    item: form.item,
    quantity: form.quantity.trim(),
    due: form.due.trim() ? toInstant(form.due.trim()) : null,
    priority: Number(form.priority),
    tolerance_under: form.tolerance_under.trim() || "0",
    tolerance_over: form.tolerance_over.trim() || "0",
    note: form.note.trim() || null,
  };
}

export function orderForm(page) {
  const { form, selected, shown, message } = page;
  const changes = page.changes.length;
  const fixed = Boolean(shown) && shown.state !== "created";
  const ended = Boolean(shown) && ["closed", "cancelled"].includes(shown.state);
  return html`<form class="card det" @submit=${(event) => { event.preventDefault(); page.save(); }} aria-label=${_("Details")}>
    <header><h2>${selected ? _("Details") : _("New work order")} ${selected ? html`<span class="num">${selected}</span>` : nothing}</h2>
      ${shown ? html`<span class="mark">${stateLabel(shown.state)}</span>` : nothing}
      ${changes ? html`<span class="mark todo">${icon("reason")}<span>${counted(changes, _("1 change, not saved"), _("{n} changes, not saved", { n: changes }))}</span></span>` : nothing}
      ${message ? html`<span class="msg ${message.bad ? "dn" : "up"}" role="status">${message.text}${message.code ? html` <span class="mono">${message.code}</span>` : nothing}</span>` : nothing}
      <span class="sp"></span>
      ${shown ? steps(page, shown) : nothing}
      <button class="btn primary" ?disabled=${page.busy || !changes || ended}>${icon("save")}<span>${_("Save")}</span>${changes ? html`<span class="cnt num">${changes}</span>` : nothing}</button></header>
    <div class="frm">
      ${itemField(page, fixed)}
      ${field(page, "quantity", _("Ordered quantity"), { required: true, fixed, numeric: true })}
      ${field(page, "due", _("Due"), { fixed: ended, placeholder: "2026-11-24 18:00", pattern: "\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}" })}
      ${field(page, "priority", _("Priority, 0 to 9"), { fixed: ended, numeric: true })}
      ${field(page, "tolerance_under", _("Pieces allowed below"), { fixed, numeric: true })}
      ${field(page, "tolerance_over", _("Pieces allowed above"), { fixed, numeric: true })}
      ${field(page, "note", _("Remark"), { fixed: ended })}
    </div>
    ${shown ? jobs(page, shown) : nothing}</form>`;
}

function field(page, name, label, { required = false, fixed = false, numeric = false, placeholder = "", pattern = null } = {}) {
  const changed = page.changes.includes(name);
  const error = page.errors[name] ?? (name === "due" ? page.errors.due_at : undefined);
  return html`<div class="field ${changed ? "chg" : ""}"><label class=${required ? "req" : ""} for="o-${name}">${label}</label>
    <input class="in ${numeric ? "r num" : ""}" id="o-${name}" placeholder=${placeholder} pattern=${pattern ?? nothing} inputmode=${numeric ? "decimal" : nothing} autocomplete="off" .value=${page.form[name]}
      ?readonly=${fixed} ?required=${required} aria-invalid=${error ? "true" : nothing} aria-describedby=${error ? `e-${name}` : nothing}
      @input=${(event) => page.typed(name, event.target.value)}>
    ${changed && page.shown ? html`<small>${_("was {value}", { value: page.original[name] || "–" })}</small>` : nothing}
    ${error ? html`<span class="err" id="e-${name}">${error}</span>` : nothing}</div>`;
}

function itemField(page, fixed) {
  const { form } = page;
  if (fixed || !page.items.length) return field(page, "item", _("Item"), { required: true, fixed });
  const error = page.errors.item;
  return html`<div class="field ${page.changes.includes("item") ? "chg" : ""}"><label class="req" for="o-item">${_("Item")}</label>
    <select class="in" id="o-item" required aria-invalid=${error ? "true" : nothing} @change=${(event) => page.typed("item", event.target.value)}>
      <option value="" ?selected=${!form.item}>–</option>
      ${page.items.map((item) => html`<option value=${item.code} ?selected=${form.item === item.code}>${item.code} ${nameOf(item.name)}</option>`)}</select>
    ${error ? html`<span class="err">${error}</span>` : nothing}</div>`;
}

function steps(page, order) {
  if (order.state === "created") return step(page, "right", _("Release"), () => page.step("release", { seen_version: order.version }));
  if (["released", "running", "completed"].includes(order.state)) {
    const outside = page.message?.code === "outside_tolerance";
    return step(page, "lock", outside ? _("Close outside tolerance") : _("Close"), () => page.step("close", { seen_version: order.version, ...(outside ? { accept_deviation: true } : {}) }));
  }
  return nothing;
}

function step(page, symbol, label, run) {
  return html`<button type="button" class="btn" ?disabled=${page.busy || page.changes.length > 0} @click=${run}>${icon(symbol)}<span>${label}</span></button>`;
}

function jobs(page, order) {
  const open = ["released", "running", "completed"].includes(order.state);
  return html`<section class="jobs" aria-label=${_("Jobs on machines")}><h3>${_("Jobs on machines")}</h3>
    ${(order.job_orders ?? []).length
      ? html`<ul>${order.job_orders.map((job) => html`<li><span class="num">${job.job_order}</span><span>${nameOf(page.units.find((unit) => unit.code === job.work_unit)?.name, job.work_unit)}</span>
          <span class="num"><b>${count(job.good)}</b> / ${count(job.ordered)}</span><span>${jobState(job.state)}</span>
          <a class="btn" href="/labels?job=${encodeURIComponent(job.job_order)}" aria-label=${_("Labels of {job}", { job: job.job_order })}>${icon("print")}<span>${_("Label")}</span></a></li>`)}</ul>`
      : html`<p class="muted">${open ? _("Not dispatched yet.") : _("Release the order first, then dispatch it to a machine.")}</p>`}
    ${open ? dispatch(page, order.operations ?? []) : nothing}</section>`;
}

/** The next operation is chosen by the server unless somebody names one. */
function operationField(page, operations) {
  const { dispatch: wanted } = page;
  return html`<label class="field"><span class="lb">${_("Operation")}</span><select class="in" @change=${(event) => { wanted.segment = event.target.value; page.update(); }}>
    <option value="" ?selected=${!wanted.segment}>${_("The next one")}</option>${operations.map((one) => html`<option value=${one.segment} ?selected=${wanted.segment === String(one.segment)}>${one.segment} ${nameOf(one.name)}${one.line ? ` (${one.line})` : ""}</option>`)}</select></label>`;
}

export function jobState(state) {
  return { dispatched: _("Ready"), running: _("In work"), paused: _("Paused"), completed: _("Done"), cancelled: _("Cancelled") }[state] ?? state;
}

function dispatch(page, operations) {
  const { dispatch: wanted } = page;
  const error = page.errors.work_unit ?? page.errors.segment ?? "";
  return html`<div class="dsp">${operations.length ? operationField(page, operations) : nothing}<label class="field"><span class="lb">${_("Machine")}</span><select class="in" @change=${(event) => { wanted.work_unit = event.target.value; page.update(); }}>
      <option value="" ?selected=${!wanted.work_unit}>–</option>${page.units.map((unit) => html`<option value=${unit.code} ?selected=${wanted.work_unit === unit.code}>${nameOf(unit.name, unit.code)}</option>`)}</select></label>
    <label class="field"><span class="lb">${_("Quantity, empty: the rest")}</span><input class="in r num" inputmode="decimal" autocomplete="off" .value=${wanted.quantity} @input=${(event) => { wanted.quantity = event.target.value; }}></label>
    <button type="button" class="btn" ?disabled=${page.busy || !wanted.work_unit} @click=${() => page.dispatchJob()}>${icon("right")}<span>${_("Dispatch")}</span></button>
    ${error ? html`<span class="err">${error}</span>` : nothing}</div>`;
}
