// A7: a work instruction, one step per screen. Values and the acknowledgement go by the outbox.
import { keepDraft, keptDraft } from "../lib/draft.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { dueText } from "../lib/time.js";
import { stepField } from "./fields.js";
import { isGiven, isOutside, sentValue, typedValue } from "./values.js";

export class InstructionDialog {
  active = null;
  missing = new Set();
  large = false;
  proposal = null;
  busy = false;
  #confirmed = "";

  /**
   * `host`: {unit, update(), closeDialog(), say(), send()}; `content`: of `content.js`.
   * `brief`: what the server said for this person; `mends`: a refused entry; `preview`: nothing is sent.
   */
  constructor(host, content, { brief = null, job = null, mends = null, read = () => {}, preview = false, at = 0 }) {
    Object.assign(this, { host, content, brief, job, mends, read, preview, at });
    this.saved = { ...content.values };
    this.values = {};
    this.done = new Set(content.steps.filter((step) => step.fields.some(({ key }) => this.saved[key])).map(({ key }) => key));
    for (const field of this.steps.flatMap((step) => step.fields)) {
      const kept = this.saved[field.key];
      if (kept && field.kind !== "photo") this.values[field.key] = typedValue(field, kept);
    }
    this.#recall();
  }

  get steps() {
    return this.content.steps;
  }

  /** The step on the screen; undefined: the page at the end. */
  get step() {
    return this.steps[this.at];
  }

  #recall() {
    const form = this.mends?.form;
    const kept = form ? null : this.preview ? null : keptDraft(this.#draft);
    if (kept) Object.assign(this, { at: Math.min(kept.at, this.steps.length), values: { ...this.values, ...kept.values }, done: new Set([...this.done, ...kept.done]), proposal: kept.proposal ?? null });
    if (!form) return;
    this.at = Math.max(0, this.steps.findIndex(({ key }) => key === form.step));
    if (form.proposal !== undefined) this.proposal = form.proposal;
    Object.assign(this.values, form.values);
  }

  get #draft() {
    return `wi:${this.host.unit.code}:${this.content.instruction}:${this.content.revision}:${this.job}`;
  }

  keep() {
    if (this.preview) return;
    const { at, values, done, proposal } = this;
    keepDraft(this.#draft, { at, values, done: [...done], proposal });
  }

  template() {
    const { host, content, step } = this;
    return html`<div class="dlg wi">
      <header><div><h2>${nameOf(content.title, content.instruction)}</h2><p class="num">${this.subtitle()}</p></div>
        ${this.proposal === null && !this.preview ? html`<button type="button" class="btn tap" @click=${() => this.propose("")}>${icon("reason")}<span>${_("Propose a change")}</span></button>` : nothing}
        <button type="button" class="btn tap" @click=${() => host.closeDialog()}>${icon("close")}<span>${_("Close")}</span></button></header>
      ${this.stepList()}
      ${this.proposal !== null ? this.proposalForm() : step ? this.stepBody(step) : this.lastBody()}
      ${this.foot()}</div>`;
  }

  subtitle() {
    const { content } = this;
    const since = content.released_at ? _("in force since {time}", { time: dueText(content.released_at) }) : _("Draft");
    return [content.instruction, _("Revision {n}", { n: content.revision }), since].join(" · ");
  }

  stepList() {
    const changed = new Set(this.brief?.seen === "changed" ? this.brief.changed_steps : []);
    const tick = (index, label, inside) => html`<li><button type="button" class="wi-tick" aria-label=${label} aria-current=${this.at === index && this.proposal === null ? "step" : nothing} @click=${() => this.go(index)}>${inside}</button></li>`;
    return html`<ol class="wi-steps" aria-label=${_("Steps")}>${this.steps.map((step, index) => {
      const done = this.done.has(step.key);
      const said = [`${index + 1}. ${nameOf(step.title)}`, done && _("done"), changed.has(step.key) && _("Has changed")].filter(Boolean).join(", ");
      return tick(index, said, html`<b class="num">${index + 1}</b>${done ? icon("check") : nothing}${changed.has(step.key) ? html`<em>${_("Has changed")}</em>` : nothing}`);
    })}${tick(this.steps.length, _("Read and understood"), icon("user"))}</ol>`;
  }

  stepBody(step) {
    const picture = this.content.pictures.get(step.picture);
    if (picture) picture.alt = nameOf(step.title);
    const pdf = this.content.files[step.pdf];
    return html`<div class="wi-body ${picture ? "with-picture" : ""} ${this.large && picture ? "large" : ""}">
      ${picture ? html`<figure tabindex="0" aria-label=${_("Picture")}>${picture}<button type="button" class="btn tap" @click=${() => this.enlarge()}>${icon("search")}<span>${this.large ? _("Smaller") : _("Larger")}</span></button></figure>` : nothing}
      <section class="wi-text ${this.active ? "typing" : ""}" tabindex="0" aria-label=${_("Step {n}", { n: this.at + 1 })}>
        ${this.at === 0 && this.content.note ? html`<p class="offer ${this.brief?.seen === "changed" ? "changed" : ""}">${icon("info")}<span><b>${_("What is new")}</b> ${this.content.note}</span></p>` : nothing}
        <h3>${this.at + 1}. ${nameOf(step.title)}</h3>
        <p class="wi-words">${nameOf(step.text)}</p>
        ${pdf ? html`<a class="btn tap" href=${pdf.address} target="_blank" rel="noopener">${icon("sheet")}<span>${_("Open the PDF")} ${pdf.name}</span></a>` : nothing}
        ${step.fields.map((field) => stepField(this, field))}</section></div>`;
  }

  lastBody() {
    const open = this.steps.filter((step) => !this.done.has(step.key));
    return html`<div class="wi-body"><section class="wi-text wi-last" tabindex="0" aria-label=${_("Read and understood")}>
      <h3>${this.brief?.seen === "read" ? _("You have confirmed this revision. You can confirm it again for this job.") : _("I have read this revision and work by it.")}</h3>
      ${open.length ? html`<p class="offer changed">${icon("info")}<span>${_("Not looked at yet: {steps}", { steps: open.map((step) => this.steps.indexOf(step) + 1).join(", ") })}</span></p>` : nothing}
      <ul>${this.steps.map((step, index) => html`<li>${icon(this.done.has(step.key) ? "check" : "clock")}<span>${index + 1}. ${nameOf(step.title)}</span></li>`)}</ul></section></div>`;
  }

  proposalForm() {
    return html`<div class="wi-body"><section class="wi-text" aria-label=${_("Propose a change")}><h3>${_("Propose a change")}</h3>
      <label><span class="lb">${this.step ? _("About step {n}. The office reads it and answers.", { n: this.at + 1 }) : _("The office reads it and answers.")}</span>
        <textarea class="in tap" rows="5" maxlength="1000" .value=${this.proposal} @input=${(event) => this.propose(event.target.value)}></textarea></label></section></div>`;
  }

  foot() {
    if (this.proposal !== null) {
      return html`<footer>${this.button("right flip", _("Back"), () => this.propose(null))}
        ${this.button("check", _("Send the proposal"), () => this.sendProposal(), Boolean(this.proposal.trim()), true)}</footer>`;
    }
    const { step } = this;
    return html`<footer>${this.button("right flip", _("Back"), () => this.go(this.at - 1), this.at > 0)}
      ${step ? this.button("right", this.nextLabel(step), () => this.next(), true, true) : this.button("check", this.preview ? _("Preview: nothing is sent") : _("Read and understood"), () => this.acknowledge(), this.steps.every(({ key }) => this.done.has(key)) && !this.preview, true)}</footer>`;
  }

  button(symbol, label, run, enabled = true, primary = false) {
    return html`<button type="button" class="btn tap main ${primary ? "primary" : ""}" ?disabled=${!enabled || this.busy} @click=${run}>${icon(...symbol.split(" "))}<span>${label}</span></button>`;
  }

  nextLabel(step) {
    if (this.asks(step)) return _("Outside the limits: save all the same");
    return this.changed(step).length ? _("Save and next") : _("Next");
  }

  set(field, value) {
    this.values[field.key] = value;
    this.missing.delete(field.key);
    this.#confirmed = "";
    this.keep();
    this.host.update();
  }

  choose(key) {
    this.active = key;
    this.host.update();
  }

  enlarge() {
    this.large = !this.large;
    this.host.update();
  }

  propose(text) {
    this.proposal = text;
    this.keep();
    this.host.update();
  }

  go(at) {
    Object.assign(this, { at: Math.max(0, Math.min(at, this.steps.length)), active: null, large: false, proposal: null, missing: new Set() });
    this.keep();
    this.host.update();
    queueMicrotask(() => this.host.querySelector?.(".wi-text")?.scrollTo(0, 0));
  }

  /** Fields of a step whose value is not with the server. */
  changed(step) {
    return step.fields.filter((field) => {
      if (!isGiven(field, this.values[field.key])) return false;
      const kept = this.saved[field.key];
      return !kept || field.kind === "photo" || typedValue(field, kept) !== sentValue(field, this.values[field.key]);
    });
  }

  #beyond(step) {
    return JSON.stringify(this.changed(step).filter((field) => isOutside(field, this.values[field.key])).map(({ key }) => [key, this.values[key]]));
  }

  /** Whether the second look at numbers beyond their limits is under way. */
  asks(step) {
    return this.#confirmed !== "" && this.#confirmed === this.#beyond(step);
  }

  async next() {
    const { step } = this;
    const empty = step.fields.filter((field) => field.required && !isGiven(field, this.values[field.key]) && !this.saved[field.key]);
    this.missing = new Set(empty.map(({ key }) => key));
    const beyond = this.#beyond(step);
    if (empty.length || (beyond !== "[]" && !this.asks(step))) {
      if (!empty.length) this.#confirmed = beyond;
      return this.host.update();
    }
    if (this.busy || !(await this.#save(step))) return undefined;
    this.done.add(step.key);
    return this.go(this.at + 1);
  }

  async #save(step) {
    const fields = this.changed(step);
    if (!fields.length || this.preview) return true;
    const values = Object.fromEntries(fields.map((field) => [field.key, sentValue(field, this.values[field.key])]));
    const entry = await this.#send("values", { step: step.key, values }, _("Step {n}: {what}", { n: this.at + 1, what: nameOf(step.title) }), { step: step.key, values });
    if (!entry.id) return false;
    for (const field of fields) {
      const value = values[field.key];
      this.saved[field.key] = { value: typeof value === "boolean" ? (value ? "yes" : "no") : value };
      if (field.kind === "photo") this.saved[field.key].file = `data:image/jpeg;base64,${value}`;
      if (field.kind === "photo") delete this.values[field.key];
    }
    return true;
  }

  async sendProposal() {
    const step = this.step?.key ?? null;
    const text = this.proposal.trim();
    const entry = await this.#send("proposals", { step, text }, _("Proposal of a change"), { step, proposal: text });
    if (entry.id) this.propose(null);
  }

  async acknowledge() {
    const entry = await this.#send("acknowledge", {}, _("Read and understood: {what}", { what: nameOf(this.content.title, this.content.instruction) }), {});
    if (!entry.id) return;
    this.read();
    keepDraft(this.#draft, null);
    if (this.host.dialog === this) this.host.closeDialog();
  }

  async #send(what, body, label, form) {
    const { host, content, job } = this;
    const named = { instruction: content.instruction, revision: content.revision };
    this.busy = true;
    const entry = await host.send(`/api/v1/work-units/${encodeURIComponent(host.unit.code)}/instruction/${what}`, { ...named, job_order: job, ...body }, { label, form: { kind: "instruction", ...named, job, ...form } });
    this.busy = false;
    if (entry.id && this.mends) {
      await host.outbox.discard(this.mends.id);
      this.mends = null;
    }
    host.update();
    return entry;
  }
}
