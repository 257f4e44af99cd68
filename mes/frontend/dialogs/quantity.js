// A6: good, reject and reason in one submit, on our own keypad.
import { WAYS, fieldWord, goodOf, noteOf, wayWord } from "../lib/counting.js";
import { count } from "../lib/format.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { keypad, pressed } from "../lib/keypad.js";
import { reasonsOf } from "../lib/reasons.js";
import { clock } from "../lib/time.js";
import { keepDraft } from "../lib/draft.js";
import { keep, kept } from "../lib/kept.js";
import { choice, foot, head } from "./parts.js";

const MOST = 999999;

export class QuantityDialog {
  constructor(terminal, field, form = null) {
    this.terminal = terminal;
    this.form = form ?? { good: 0, reject: 0, reason: null, disposition: "scrap", ...this.#counted() };
    this.field = field === "good" && this.form.way ? WAYS[this.form.way][0] : field;
    this.fresh = false;
    this.previous = null;
    this.corrects = null;
    this.confirmed = "";
    this.busy = false;
    import("./lot.js").then((part) => Object.assign(this, part).terminal.update(), () => {}); // without it a lot is scanned
  }

  takeLot(lot) {
    this.form.lot = lot;
    this.terminal.update();
  }

  /** A dialog that puts a new entry in the place of one. */
  static correcting(host, entry) {
    const disposition = Number(entry.rework) ? "rework" : "scrap";
    const form = {
      good: Number(entry.good),
      reject: Number(entry[disposition]),
      reason: entry.reason?.code ?? null,
      disposition,
      lot: entry.lot,
    };
    const dialog = new QuantityDialog(host, form.reject ? "reject" : "good", form);
    dialog.corrects = entry;
    return dialog;
  }

  get counted() {
    return Boolean(this.terminal.tile?.counted);
  }

  // How was counted here last, where people count: the counter goes on, a container holds as much.
  #counted() {
    if (this.counted) return {};
    const { way = "pieces", end = null, sizes = {} } = kept(this.#countingName) ?? {};
    return { way, start: end, end: 0, containers: 0, size: sizes[this.#item] ?? 0 };
  }

  #rememberCounting() {
    const { way, start, end, size } = this.form;
    if (!way || !this.good) return;
    const before = kept(this.#countingName) ?? {};
    const sizes = way === "container" ? { ...before.sizes, [this.#item]: size } : before.sizes;
    keep(this.#countingName, { way, end: way === "counter" ? end : (before.end ?? start), sizes });
  }

  get #countingName() {
    return `counting:${this.terminal.unit.code}`;
  }

  get #item() {
    return this.terminal.tile?.job?.item ?? "";
  }

  /** Good pieces, in whatever way they were counted. */
  get good() {
    return goodOf(this.form);
  }

  press(name) {
    const before = this.fresh && /\d/.test(name) ? 0 : this.form[this.field];
    this.fresh = false;
    this.form[this.field] = pressed(before, name);
    this.terminal.update();
  }

  add(step) {
    this.fresh = false;
    this.form[this.field] = Math.min(MOST, Math.max(-MOST, this.form[this.field] + step));
    this.terminal.update();
  }

  /** A defect type without a number means one piece; a digit behind it says another number. */
  chooseReason(code) {
    const { form } = this;
    const takesBack = this.fresh && form.reason === code;
    const isFirst = form.reject === 0;
    form.reason = takesBack ? null : code;
    if (isFirst || takesBack) form.reject = takesBack ? 0 : 1;
    if (isFirst) this.field = "reject";
    this.fresh = !takesBack && (isFirst || this.fresh);
    this.terminal.update();
  }

  changeSign() {
    this.form.good = -this.form.good;
    this.terminal.update();
  }

  choose(field) {
    Object.assign(this, { field, fresh: false });
    this.terminal.update();
  }

  countBy(way) {
    this.form.way = way;
    this.choose(WAYS[way][0]);
  }

  /** What is half typed outlives the dialog, the page and a lock. */
  keep() {
    const { terminal, form, field, previous, corrects } = this;
    const begun = this.good !== 0 || form.reject !== 0;
    if (!corrects) keepDraft(terminal.unit.code, begun ? { form, field, previous } : null);
  }

  template() {
    this.keep();
    const { terminal, form } = this;
    const reasons = reasonsOf("scrap", terminal.unit.code, () => terminal.update());
    return html`<div class="dlg d3">
      ${head(_("Good and reject"), this.subtitle(), () => terminal.closeDialog(), _("Close"), this.ways())}
      <div class="cols c1"><div class="left">
        <div class="fields" role="group" aria-label=${_("What is entered")}>${this.display("good", this.counted ? _("Good, adjustment") : _("Good"))}${this.display("reject", _("Reject"))}</div>
        ${this.parts()}
        ${keypad((name) => this.press(name))}
      </div>
      <div class="right"><h3>${_("Defect type")}</h3>
        <div class="rts r2 scroll">${reasons.map((reason) =>
          choice(reason.name, form.reason === reason.code, () => this.chooseReason(reason.code)))}</div>
        <h3>${_("Disposition")}</h3>
        <div class="rts r2">${this.disposition("scrap", _("Scrap"))}${this.disposition("rework", _("Rework"))}</div></div></div>
      ${foot(this.note(), this.submitLabel(reasons), this.ready(), () => this.submit(reasons))}
    </div>`;
  }

  subtitle() {
    const { terminal, corrects } = this;
    if (corrects) return _("Correct the entry of {time}", { time: clock(corrects.at) });
    return [nameOf(terminal.unit.name), terminal.tile?.job && nameOf(terminal.tile.job.item_name, terminal.tile.job.item)].filter(Boolean).join(" · ");
  }

  /** How good pieces are counted, where a person counts them. */
  ways() {
    const { form } = this;
    if (!form.way) return nothing;
    return html`<div class="seg tap" role="group" aria-label=${_("How it is counted")}>${Object.keys(WAYS).map((way) =>
      html`<button type="button" aria-pressed=${form.way === way ? "true" : "false"} @click=${() => this.countBy(way)}>${wayWord(way)}</button>`)}</div>`;
  }

  /** What the good pieces are made of; else the quick steps. */
  parts() {
    const fields = WAYS[this.form.way] ?? [];
    if (fields.length < 2 || this.field === "reject") {
      const signed = this.counted && this.field === "good";
      return html`<div class="quick ${signed ? "four" : ""}">${[1, 5, 10].map((step) => html`<button type="button" class="key" @click=${() => this.add(step)}>+${step}</button>`)}
        ${signed ? html`<button type="button" class="key" aria-label=${_("Change sign")} @click=${() => this.changeSign()}>±</button>` : nothing}</div>`;
    }
    return html`<div class="quick two">${fields.map((field) => html`<button type="button" class="key part-of" aria-pressed=${this.field === field ? "true" : "false"}
      @click=${() => this.choose(field)}><small>${fieldWord(field)}</small><output class="num">${count(this.form[field])}</output></button>`)}</div>`;
  }

  display(field, label) {
    const { tile } = this.terminal;
    const value = field === "good" ? this.good : this.form[field];
    const first = field === "good" && this.form.way ? WAYS[this.form.way][0] : field;
    const active = this.field === "reject" ? field === "reject" : field === "good";
    const old = this.corrects && Number(field === "good" ? this.corrects.good : this.corrects[this.form.disposition]);
    const before = field === "good" ? tile?.good : tile?.scrap;
    return html`<button type="button" class="disp" aria-pressed=${active ? "true" : "false"} @click=${() => this.choose(first)}>
      <span class="lb">${label}</span><output class="num">${count(value)}</output>
      <span class="to num">${old === null ? html`<span class="of">${_("Shift")}</span>` : nothing}<b>${count(old ?? before)}</b>${icon("right")}<b>${count(old === null ? Number(before ?? 0) + value : value)}</b></span></button>`;
  }

  disposition(kind, label) {
    const { form, terminal } = this;
    return html`<button type="button" class="rt" aria-pressed=${form.disposition === kind ? "true" : "false"}
      @click=${() => { form.disposition = kind; terminal.update(); }}><span><b>${label}</b></span>${icon("check", "ck")}</button>`;
  }

  /** Good parts there are to take from; only a counting machine knows. */
  get there() {
    const { tile } = this.terminal;
    const taken = this.corrects ? Number(this.corrects.scrap) + Number(this.corrects.rework) : 0;
    return Number(tile?.job?.good ?? tile?.good ?? 0) + taken;
  }

  /** More is bad, or taken back, than was made: kept all the same, after a second look. */
  get exceeds() {
    return this.counted && this.form.reject - Math.min(0, this.good) > this.there;
  }

  get asks() {
    return this.exceeds && this.confirmed === JSON.stringify(this.form);
  }

  note() {
    return this.asks
      ? html`<span class="err" role="alert">${icon("ne-check")} ${_("Only {n} good parts are counted. Is the number right? Saved all the same, it is marked for a check.", { n: count(this.there) })}</span>`
      : (this.lotPart?.(this) ?? this.form.lot ?? nothing);
  }

  ready() {
    const { good } = this;
    const { reject, reason } = this.form;
    if (this.busy) return false;
    if (good === 0 && reject === 0) return false;
    if (good > MOST || (this.form.way && good < 0)) return false;
    if (this.corrects?.adjustment) return true;
    return reject === 0 || (reject > 0 && Boolean(reason));
  }

  /** The number without which the other one says nothing. */
  get missing() {
    const fields = WAYS[this.form.way] ?? [];
    const given = fields.filter((field) => this.form[field] || (field === "start" && this.form.start === 0));
    return given.length ? fields.find((field) => !given.includes(field)) : null;
  }

  submitLabel(reasons) {
    const { good } = this;
    const { reject, reason, disposition } = this.form;
    if (good === 0 && reject === 0) return this.missing ? _("Still missing: {what}", { what: fieldWord(this.missing) }) : _("Enter a quantity");
    if (this.form.way && good < 0) return _("The counter ran back: check both numbers");
    if (good > MOST) return _("At most {n} pieces in one entry", { n: count(MOST) });
    if (reject > 0 && !reason) return _("Choose a defect type");
    const name = nameOf(reasons.find((known) => known.code === reason)?.name, reason ?? "");
    const rejects = disposition === "scrap"
      ? _("{name} {n}, scrap", { name, n: count(reject) })
      : _("{name} {n}, rework", { name, n: count(reject) });
    const parts = [good !== 0 && _("good {n}", { n: count(good) }), reject > 0 && rejects].filter(Boolean);
    const what = parts.join(" + ");
    return this.asks ? _("Save all the same: {what}", { what }) : _("Save: {what}", { what });
  }

  async submit(reasons) {
    const { terminal, form } = this;
    if (this.exceeds && !this.asks) {
      this.confirmed = JSON.stringify(form);
      terminal.update();
      return;
    }
    if (this.busy) return;
    this.busy = true;
    await this.#save(nameOf(reasons.find((known) => known.code === form.reason)?.name, form.reason ?? ""));
    this.busy = false;
    terminal.update();
  }

  async #save(name) {
    const { terminal, form } = this;
    const scrap = form.disposition === "scrap" ? form.reject : 0;
    const rework = form.disposition === "rework" ? form.reject : 0;
    if (this.corrects) return this.#correct({ good: this.good, scrap, rework }, name);
    // The good count of a counting machine is corrected by a statement of its own.
    const bodies = [];
    if (this.counted && this.good !== 0) bodies.push({ good: this.good, scrap: 0, rework: 0, reason: null, adjustment: true });
    const good = this.counted ? 0 : this.good;
    if (good !== 0 || form.reject !== 0) {
      const note = good ? noteOf(form) : null;
      bodies.push({ good, scrap, rework, reason: form.reject ? form.reason : null, adjustment: false, note });
    }
    let first = "";
    for (const body of bodies) {
      if (form.lot) body.lot = form.lot === "*" ? `*${first}` : form.lot; // one new lot for all of it
      const { id } = await this.#queue(body, name);
      if (!id) return; // the tablet is full: the form stays
      first ||= id;
    }
    if (this.previous) await terminal.outbox.discard(this.previous);
    this.#rememberCounting();
    this.#finish();
  }

  #finish() {
    if (!this.corrects) keepDraft(this.terminal.unit.code, null);
    if (this.terminal.dialog === this) this.terminal.closeDialog();
  }

  async #correct(amounts, name) {
    const { terminal, corrects, form } = this;
    const body = { ...amounts, reason: form.reject ? form.reason : null, adjustment: corrects.adjustment };
    if (form.lot && form.lot !== corrects.lot) body.lot = form.lot;
    const entry = await terminal.send(`/api/v1/quantities/${corrects.command_id}/correct`, body, { label: this.#label(body, name) });
    if (entry.id) this.#finish();
  }

  #label(body, name) {
    return [
      body.good ? _("Good {n}", { n: (body.good > 0 ? "+" : "−") + count(Math.abs(body.good)) }) : "",
      body.scrap ? _("Reject +{n} {name}", { n: count(body.scrap), name }) : "",
      body.rework ? _("Rework +{n} {name}", { n: count(body.rework), name }) : "",
      body.lot && !body.lot.startsWith("*") ? body.lot : "",
    ].filter(Boolean).join(" · ");
  }

  #queue(body, name) {
    const { terminal } = this;
    const label = this.#label(body, name);
    return terminal.send(`/api/v1/work-units/${terminal.unit.code}/quantities`, { ...body, job_order: terminal.tile?.job?.job_order ?? null }, {
      label,
      form: { kind: "quantity", field: this.field, form: { ...this.form } },
      undo: (id) => terminal.voidEntry(id, label),
    });
  }
}
