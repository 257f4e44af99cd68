// Work orders: conditions, grid, form. The form follows the selected row and keeps what was typed.
import { share } from "../lib/chrome.js";
import { get } from "../lib/api.js";
import { problemText } from "../lib/problem-text.js";
import { answerOf } from "../lib/answer.js";
import { count } from "../lib/format.js";
import { _ } from "../lib/i18n.js";
import { Island, html, icon, nothing } from "../lib/island.js";
import { importLinks } from "../lib/import-links.js";
import { Live } from "../lib/live.js";
import { Outbox, commandId } from "../lib/outbox.js";
import { emptyForm, formOf, orderBody, orderForm } from "../orders/form.js";
import { orderGrid } from "../orders/grid.js";
import { STATES, stateLabel, stateSymbol } from "../orders/states.js";
import { toInstant } from "../lib/time.js";

const DRAFT = "draft:work-order";
const REFRESH_MS = 30000;
const TYPING_MS = 250;
const PAGE = 100;
const MOST = 500;
const FIRST_STATES = STATES.filter((state) => state !== "closed" && state !== "cancelled");

class Orders extends Island {
  orders = null;
  items = [];
  total = 0;
  most = PAGE;
  filter = filterOf(new URLSearchParams(location.search));
  #asked = 0;
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
    return html`<div class="hd"><h1>${_("Work orders")}</h1><div class="bt">
        ${this.outbox.entries.length ? html`<span class="mark todo">${icon("queue")}<span>${_("{n} unsent", { n: this.outbox.entries.length })}</span></span>` : nothing}
        <a class="btn" href="/lots">${icon("box")}<span>${_("Lots")}</span></a>
        <a class="btn" href=${this.file("csv")}>${icon("sheet")}<span>CSV</span></a>
        <a class="btn" href=${this.file("xlsx")}>${icon("sheet")}<span>${_("Excel")}</span></a>
        ${importLinks(this, "orders")}
        <button class="btn" type="button" @click=${() => this.ask()}>${icon("search")}<span>${_("Search")}</span></button>
        <button class="btn ${this.form ? "" : "primary"}" type="button" @click=${() => this.open(null)}>${icon("plus")}<span>${_("New")}</span></button></div></div>
      ${this.conditions()}
      ${this.error ? html`<p class="card" role="alert">${this.error}</p>` : nothing}
      ${orderGrid(this, this.orders)}
      ${this.more()}
      ${this.form ? orderForm(this) : html`<p class="muted hint-line">${_("Choose a row to see its details, or make a new work order.")}</p>`}`;
  }

  conditions() {
    const { filter } = this;
    const change = (name) => (event) => { filter[name] = event.target.value; this.ask(); };
    const day = (name) => html`<input class="in num" placeholder="2026-11-24" .value=${filter[name]} aria-invalid=${wrongDay(filter[name]) ? "true" : "false"} @change=${change(name)} aria-label=${name === "first" ? _("Due from") : _("Due until")}>`;
    return html`<section class="card cond" aria-label=${_("Search conditions")}>
      <div class="field"><span class="lb">${_("Due")}</span><span class="rng">
        ${day("first")}<span>–</span>${day("last")}</span>${wrongDay(filter.first) || wrongDay(filter.last) ? html`<span class="fe" role="alert">${_("Write it as 2026-11-24.")}</span>` : nothing}</div>
      <label class="field"><span class="lb">${_("Item or order no.")}</span><input class="in" type="search" .value=${filter.text} @input=${(event) => this.typedText(event.target.value)} @change=${change("text")}></label>
      <div class="field"><span class="lb">${_("Status")}</span><div class="chips" role="group" aria-label=${_("Status")}>${STATES.map((state) => this.chip(state))}</div></div></section>`;
  }

  chip(state) {
    const { states } = this.filter;
    const toggle = () => { states.has(state) ? states.delete(state) : states.add(state); this.ask(); };
    return html`<button type="button" class="chip" aria-pressed=${states.has(state) ? "true" : "false"} @click=${toggle}>${icon(stateSymbol(state))}<span>${stateLabel(state)}</span></button>`;
  }

  /** Address of the listed orders as a file. */
  file(kind) {
    return `/orders.${kind}?${this.question()}`;
  }

  question() {
    const { text, states, first, last } = this.filter;
    return new URLSearchParams({ state: [...states].join(","), text: text.trim(), first, last });
  }

  /** Whether all orders that meet the conditions are listed. */
  more() {
    const listed = this.orders?.length ?? 0;
    if (listed >= this.total) return nothing;
    const said = _("{n} of {total} orders are listed, the latest made first. Files hold all of them.", { n: count(listed), total: count(this.total) });
    return html`<p class="hint-line more-rows" role="status"><span>${said}</span>
      ${this.most < MOST ? html`<button type="button" class="btn" @click=${() => { this.most = Math.min(MOST, this.most + PAGE); this.read(); }}>${icon("plus")}<span>${_("List more")}</span></button>` : html`<span>${_("Narrow the conditions to see others.")}</span>`}</p>`;
  }

  typedText(text) {
    this.filter.text = text;
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.ask(), TYPING_MS);
    this.update();
  }

  /** Ask for what the conditions say; the address holds them, so that it can be kept. */
  ask() {
    clearTimeout(this.typing);
    this.most = PAGE;
    history.replaceState(null, "", `/orders?${this.question()}`);
    return this.read();
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
  async find(number) {
    this.wanted = null;
    const order = await orderNamed(number);
    if (!order) this.error = _("There is no work order {number}.", { number });
    else if (this.form && this.changes.length) this.message = { bad: true, text: _("Save or discard the changes first, then scan again."), code: "" };
    else {
      this.filter = { text: order.order, states: new Set(STATES), first: "", last: "" };
      await this.ask();
      this.open({ order: order.order });
    }
    this.update();
  }

  async read() {
    const asked = (this.#asked += 1);
    try {
      const { items, total } = await listed(this.filter, this.most);
      if (asked !== this.#asked) return;
      this.orders = items.map((order) => ({ ...order, good: order.good ?? 0, scrap: order.scrap ?? 0 }));
      this.total = total;
      this.error = "";
      if (this.wanted) return void (await this.find(this.wanted));
      this.refresh(this.orders.find((order) => order.order === this.selected));
    } catch (problem) {
      if (asked === this.#asked) this.error = problemText(problem);
    }
    this.update();
  }

  /** The order of the form as it is now; what was typed stays, beside the version it was typed for. */
  refresh(fresh) {
    if (!fresh || !this.form) return;
    if (!this.shown) Object.assign(this, { shown: fresh, original: formOf(fresh) });
    else if (!this.changes.length) Object.assign(this, { shown: fresh, form: formOf(fresh), original: formOf(fresh) });
  }
}

function filterOf(given) {
  const asked = given.get("state");
  const known = (asked ?? "").split(",").filter((state) => STATES.includes(state));
  const states = known.length || asked === "" ? known : FIRST_STATES;
  return { text: given.get("text") ?? "", states: new Set(states), first: given.get("first") ?? "", last: given.get("last") ?? "" };
}

const wrongDay = (day) => day.trim() !== "" && toInstant(`${day.trim()} 00:00`) === null;

/** Orders that meet the conditions, at most so many, and how many there are in all. */
async function listed({ text, states, first, last }, most) {
  if (!states.size || wrongDay(first) || wrongDay(last)) return { items: [], total: 0 };
  const query = new URLSearchParams({ state: [...states].join(","), limit: most });
  if (text.trim()) query.set("text", text.trim());
  if (first.trim()) query.set("due_from", toInstant(`${first.trim()} 00:00`));
  if (last.trim()) query.set("due_to", toInstant(`${nextDay(last.trim())} 00:00`));
  return get(`/api/v1/work-orders?${query}`);
}

const nextDay = (day) => new Date(Date.parse(`${day}T00:00:00Z`) + 86400000).toISOString().slice(0, 10);

/** An order by its number or by that of one of its jobs; undefined: there is none. */
async function orderNamed(number) {
  const named = (order) => order.order === number || order.job_orders.some((job) => job.job_order === number);
  for (const text of [number, number.replace(/-[^-]*$/, "")]) {
    const { items } = await get(`/api/v1/work-orders?${new URLSearchParams({ text, limit: MOST })}`);
    const found = items.find(named);
    if (found) return found;
  }
  return undefined;
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(DRAFT));
  } catch {
    return null;
  }
}

customElements.define("mes-orders", Orders);
