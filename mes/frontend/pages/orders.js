// Work orders: conditions, grid, form. The form follows the selected row and keeps what was typed.
import { share } from "../lib/chrome.js";
import { get } from "../lib/api.js";
import { problemText } from "../lib/problem-text.js";
import { answerOf } from "../lib/answer.js";
import { _, nameOf } from "../lib/i18n.js";
import { Island, html, icon, nothing } from "../lib/island.js";
import { importLinks } from "../lib/import-links.js";
import { Live } from "../lib/live.js";
import { Outbox, commandId } from "../lib/outbox.js";
import { emptyForm, formOf, orderBody, orderForm } from "../orders/form.js";
import { orderGrid } from "../orders/grid.js";
import { STATES, stateLabel, stateSymbol } from "../orders/states.js";
import { isoDay, instant, toInstant } from "../lib/time.js";

const DRAFT = "draft:work-order";
const REFRESH_MS = 30000;

class Orders extends Island {
  orders = null;
  items = [];
  filter = { text: "", states: new Set(STATES.filter((state) => state !== "closed" && state !== "cancelled")), from: "", to: "" };
  selected = null;
  form = null;
  message = null;
  busy = false;
  outbox = new Outbox();

  start() {
    this.units = this.given("units", []);
    this.live = share(new Live({ site: document.documentElement.dataset.site }).start());
    this.outbox.addEventListener("change", () => this.update());
    this.outbox.start();
    this.wanted = new URLSearchParams(location.search).get("order");
    addEventListener("order-scanned", (event) => {
      event.preventDefault();
      this.wanted = event.detail;
      this.read();
    });
    this.read();
    get("/api/v1/items").then((answer) => { this.items = answer.items ?? []; this.update(); }, () => {});
    const draft = stored();
    if (draft) this.open(draft.order ? { order: draft.order } : null, draft);
    const timer = setInterval(() => this.read(), REFRESH_MS);
    this.stop = () => clearInterval(timer);
  }

  template() {
    const rows = this.rows();
    return html`<div class="hd"><h1>${_("Work orders")}</h1><div class="bt">
        ${this.outbox.entries.length ? html`<span class="mark todo">${icon("queue")}<span>${_("{n} unsent", { n: this.outbox.entries.length })}</span></span>` : nothing}
        <a class="btn" href="/lots">${icon("box")}<span>${_("Lots")}</span></a>
        <a class="btn" href=${this.file("csv")}>${icon("sheet")}<span>CSV</span></a>
        <a class="btn" href=${this.file("xlsx")}>${icon("sheet")}<span>${_("Excel")}</span></a>
        ${importLinks(this, "orders")}
        <button class="btn" type="button" @click=${() => this.read()}>${icon("search")}<span>${_("Search")}</span></button>
        <button class="btn ${this.form ? "" : "primary"}" type="button" @click=${() => this.open(null)}>${icon("plus")}<span>${_("New")}</span></button></div></div>
      ${this.conditions()}
      ${this.error ? html`<p class="card" role="alert">${this.error}</p>` : nothing}
      ${orderGrid(this, rows)}
      ${this.form ? orderForm(this) : html`<p class="muted hint-line">${_("Choose a row to see its details, or make a new work order.")}</p>`}`;
  }

  conditions() {
    const { filter } = this;
    const change = (name) => (event) => { filter[name] = event.target.value; this.update(); };
    return html`<section class="card cond" aria-label=${_("Search conditions")}>
      <div class="field"><span class="lb">${_("Due")}</span><span class="rng">
        <input class="in num" placeholder="2026-11-24" .value=${filter.from} @change=${change("from")} aria-label=${_("Due from")}><span>–</span>
        <input class="in num" placeholder="2026-11-30" .value=${filter.to} @change=${change("to")} aria-label=${_("Due until")}></span></div>
      <label class="field"><span class="lb">${_("Item or order no.")}</span><input class="in" type="search" .value=${filter.text} @input=${change("text")}></label>
      <div class="field"><span class="lb">${_("Status")}</span><div class="chips" role="group" aria-label=${_("Status")}>${STATES.map((state) => this.chip(state))}</div></div></section>`;
  }

  chip(state) {
    const { states } = this.filter;
    const toggle = () => { states.has(state) ? states.delete(state) : states.add(state); this.update(); };
    return html`<button type="button" class="chip" aria-pressed=${states.has(state) ? "true" : "false"} @click=${toggle}>${icon(stateSymbol(state))}<span>${stateLabel(state)}</span></button>`;
  }

  /** Address of the listed orders as a file. */
  file(kind) {
    const { text, states, from, to } = this.filter;
    return `/orders.${kind}?${new URLSearchParams({ state: [...states].join(","), text: text.trim(), first: from, last: to })}`;
  }

  rows() {
    const { text, states, from, to } = this.filter;
    const wanted = text.trim().toLowerCase();
    return (this.orders ?? []).filter((order) => {
      const due = order.due ? isoDay(instant(order.due)) : null;
      const named = `${order.order} ${order.item} ${nameOf(order.item_name)}`.toLowerCase();
      return states.has(order.state) && (!wanted || named.includes(wanted)) && (!from || (due && due >= from)) && (!to || (due && due <= to));
    });
  }

  /** Show an order in the form; null opens an empty one. */
  open(order, draft = null) {
    this.selected = order?.order ?? null;
    this.shown = this.orders?.find((known) => known.order === this.selected) ?? null;
    this.form = draft?.form ?? (this.shown ? formOf(this.shown) : emptyForm());
    this.original = this.shown ? formOf(this.shown) : emptyForm();
    this.errors = {};
    this.message = null;
    this.dispatch = { work_unit: "", quantity: "" };
    this.update();
  }

  typed(name, value) {
    this.form[name] = value;
    localStorage.setItem(DRAFT, JSON.stringify({ order: this.selected, form: this.form }));
    this.update();
  }

  /** Names of the fields that differ from what is saved. */
  get changes() {
    return Object.keys(this.form).filter((name) => String(this.form[name] ?? "") !== String(this.original[name] ?? ""));
  }

  save() {
    if (this.form.due.trim() && !toInstant(this.form.due.trim())) {
      this.errors = { due: _("Write it as 2026-11-24 18:00.") };
      return this.update();
    }
    const body = orderBody(this.form);
    if (!this.selected) return this.command("/api/v1/work-orders", body, _("New work order"));
    const changed = Object.fromEntries(Object.entries(body).filter(([name]) => this.changes.includes(name) || (name === "due" && this.changes.includes("due"))));
    return this.command(`/api/v1/work-orders/${this.selected}`, { ...changed, seen_version: this.shown.version }, this.selected);
  }

  step(action, extra = {}) {
    return this.command(`/api/v1/work-orders/${this.selected}/${action}`, extra, this.selected);
  }

  dispatchJob() {
    const { work_unit, quantity, segment } = this.dispatch;
    return this.step("dispatch", { work_unit, quantity: quantity === "" ? null : Number(quantity), ...(segment ? { segment: Number(segment) } : {}) });
  }

  // The command stays in the outbox until it is answered; a refusal is shown at its field.
  async command(url, body, label) {
    this.busy = true;
    this.errors = {};
    const entry = await this.outbox.add({ url, body: { command_id: commandId(), ...body }, label, unit: null });
    this.update();
    const { answer, problem } = await answerOf(this.outbox, entry);
    this.busy = false;
    if (problem) {
      await this.outbox.discard(entry.id);
      this.errors = Object.fromEntries((problem.body?.errors ?? []).map((error) => [error.field, error.message]));
      this.message = { bad: true, text: problemText(problem), code: problem.code };
      return this.update();
    }
    localStorage.removeItem(DRAFT);
    await this.read();
    this.open({ order: answer?.order ?? answer?.number ?? this.selected });
    this.message = { bad: false, text: _("Saved.") };
    this.update();
  }

  /** Open the order that was scanned, itself or by one of its jobs; nothing half typed is lost. */
  find(number) {
    this.wanted = null;
    const order = this.orders.find((known) => number === known.order || number.startsWith(`${known.order}-`));
    if (order && this.form && this.changes.length) this.message = { bad: true, text: _("Save or discard the changes first, then scan again.") };
    else if (order) {
      this.filter = { ...this.filter, text: order.order, states: new Set(STATES), from: "", to: "" };
      this.open({ order: order.order });
    } else this.error = _("There is no work order {number}.", { number });
  }

  async read() {
    try {
      this.orders = (await allOrders()).map((order) => ({ ...order, good: order.good ?? 0, scrap: order.scrap ?? 0 }));
      this.error = "";
      if (this.wanted) this.find(this.wanted);
      const fresh = this.orders.find((order) => order.order === this.selected);
      if (fresh && this.form && !this.changes.length) Object.assign(this, { shown: fresh, form: formOf(fresh), original: formOf(fresh) });
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.update();
  }
}

// At most five pages: the grid is for the orders of these days, not an archive.
async function allOrders() {
  const found = [];
  let url = "/api/v1/work-orders";
  for (let page = 0; page < 5 && url; page += 1) {
    const answer = await get(url);
    found.push(...(answer.items ?? []));
    url = answer.next ? (String(answer.next).startsWith("/") ? answer.next : `/api/v1/work-orders?after=${encodeURIComponent(answer.next)}`) : null;
  }
  return found;
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(DRAFT));
  } catch {
    return null;
  }
}

customElements.define("mes-orders", Orders);
