// Labels of a job or a lot: how many, in which size, what they look like; as PDF or to a printer.
import { get } from "../lib/api.js";
import { count } from "../lib/format.js";
import { _, counted } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { keep, kept } from "../lib/kept.js";
import { keypad, pressed } from "../lib/keypad.js";
import { problemText } from "../lib/problem-text.js";
import { head } from "./parts.js";

const LABELS_MAX = 500;
const REMEMBERED = "labels";

export class LabelDialog {
  /** `entry`: one with a lot; null: all of the job. */
  constructor(terminal, job, entry = null) {
    Object.assign(this, { terminal, job, lot: entry?.lot ?? null, field: "quantity", fresh: true, found: null, problem: null, sent: new Set() });
    const { size = "100x60" } = kept(REMEMBERED) ?? {};
    this.form = { quantity: Number(entry?.good ?? 0), each: 0, copies: 1 };
    this.size = size;
    this.read();
  }

  takeLot(lot) {
    Object.assign(this, { lot, found: null });
    this.form.quantity = 0;
    this.read();
  }

  get address() {
    return `/api/v1/job-orders/${encodeURIComponent(this.job)}/labels`;
  }

  async read() {
    try {
      const query = this.lot ? `?lot=${encodeURIComponent(this.lot)}` : "";
      this.found = await get(`${this.address}${query}`);
      this.problem = null;
      this.form.quantity ||= Number(this.found.total);
    } catch (problem) {
      this.problem = problem;
    }
    this.terminal.update();
  }

  /** Labels that come out; 0: nothing to print. */
  get labels() {
    const { quantity, each, copies } = this.form;
    return quantity > 0 ? Math.ceil(quantity / (each || quantity)) * copies : 0;
  }

  get ready() {
    return this.found && this.labels > 0 && this.labels <= LABELS_MAX;
  }

  query(more = {}) {
    const { quantity, each, copies } = this.form;
    return new URLSearchParams({ ...(this.lot ? { lot: this.lot } : {}), quantity, ...(each ? { each } : {}), copies, size: this.size, ...more });
  }

  template() {
    const { terminal, form } = this;
    const field = (name, label) => html`<button type="button" class="disp" aria-pressed=${this.field === name ? "true" : "false"}
      @click=${() => { Object.assign(this, { field: name, fresh: true }); terminal.update(); }}><span class="lb">${label}</span><output class="num">${name === "each" && !form.each ? _("all") : count(form[name])}</output></button>`;
    return html`<div class="dlg d3 labels">${head(_("Label"), [this.job, this.lot].filter(Boolean).join(" · "), () => terminal.closeDialog())}
      ${this.problem ? html`<p class="err" role="alert">${problemText(this.problem)} <span class="mono">${this.problem.code}</span></p>` : nothing}
      <div class="cols c1"><div class="left">
        <div class="fields three" role="group" aria-label=${_("What is entered")}>${field("quantity", _("Quantity"))}${field("each", _("In each box"))}${field("copies", _("Copies"))}</div>
        ${keypad((name) => this.press(name))}</div>
      <div class="right">${this.preview()}
        <h3>${_("Size")}</h3><div class="rts r3">${(this.found?.sizes ?? []).map((size) => this.sizeTile(size))}</div></div></div>
      <footer><p class="muted">${this.told()}</p>
        ${(this.found?.printers ?? []).map((printer) => html`<button type="button" class="btn tap" ?disabled=${!this.ready || this.sent.has(printer.code)} @click=${() => this.print(printer)}>${icon(this.sent.has(printer.code) ? "check" : "right")}<span>${printer.name}</span></button>`)}
        ${this.ready ? html`<a class="btn tap main primary" href="${this.address}.pdf?${this.query()}" target="_blank" rel="noopener">${icon("print")}<span>PDF</span></a>` : nothing}</footer></div>`;
  }

  told() {
    if (this.labels > LABELS_MAX) return _("At most {n} labels at once.", { n: LABELS_MAX });
    const { quantity, each } = this.form;
    const rest = each && quantity % each;
    const boxes = each && quantity > each ? `${Math.floor(quantity / each)} × ${count(each)}${rest ? ` + ${count(rest)}` : ""}` : "";
    return [counted(this.labels, _("1 label"), _("{n} labels", { n: count(this.labels) })), boxes].filter(Boolean).join(" · ");
  }

  preview() {
    if (!this.ready) return html`<div class="label-view" aria-hidden="true"></div>`;
    return html`<img class="label-view" src="${this.address}.png?${this.query()}" alt=${_("Preview of the first label")}
      @error=${() => { this.refused = true; this.terminal.update(); }} @load=${() => { if (this.refused) { this.refused = false; this.terminal.update(); } }}>
      ${this.refused ? html`<p class="err" role="alert">${_("It does not fit this label. Choose a larger size.")}</p>` : nothing}`;
  }

  sizeTile(size) {
    const sides = `${size.width_mm} × ${size.height_mm}`;
    return html`<button type="button" class="rt" aria-pressed=${this.size === size.key ? "true" : "false"} @click=${() => this.choose(size.key)}>
      <span><b>${size.per_page > 1 ? `A4 · ${size.per_page}` : sides}</b><small>${size.per_page > 1 ? sides : "mm"}</small></span>${icon("check", "ck")}</button>`;
  }

  choose(size) {
    this.size = size;
    keep(REMEMBERED, { size });
    this.terminal.update();
  }

  press(name) {
    const before = this.fresh && /\d/.test(name) ? 0 : this.form[this.field];
    this.fresh = false;
    this.form[this.field] = pressed(before, name);
    this.sent.clear();
    this.terminal.update();
  }

  async print(printer) {
    const { quantity, each, copies } = this.form;
    const body = { printer: printer.code, lot: this.lot, quantity, each: each || null, copies };
    const label = _("Labels to {printer}: {n}", { n: count(this.labels), printer: printer.name });
    const entry = await this.terminal.send(`${this.address}/print`, body, { label });
    if (entry.id) this.sent.add(printer.code);
    this.terminal.update();
  }
}
