// The form in which a person decides about one count, with the figures of the shift before and after.
import { post } from "../lib/api.js";
import { problemText } from "../lib/problem-text.js";
import { count, percent } from "../lib/format.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { commandId } from "../lib/outbox.js";
import { clockSeconds, day } from "../lib/time.js";
import { whyText } from "./suspects.js";

export class Decision {
  choice = null;
  amount = "";
  note = "";
  effect = null;
  error = "";
  busy = false;
  #id = commandId();
  #asked = 0;

  constructor(page, check) {
    this.page = page;
    this.check = check;
    if (check.since_restart !== null) this.choose("restart");
    else this.choose("drop");
  }

  isOf(check) {
    return ["work_unit", "tag", "at", "since"].every((name) => check[name] === this.check[name]);
  }

  template() {
    const { check } = this;
    return html`<form class="card det decide" @submit=${(event) => { event.preventDefault(); this.send(); }} aria-labelledby="decide-title">
      <header><h2 id="decide-title" tabindex="-1">${nameOf(check.name, check.work_unit)} <span class="num">${day(check.at)} ${clockSeconds(check.at)}</span></h2><span class="sp"></span>
        <button type="button" class="btn" @click=${() => this.page.decide(null)}>${icon("close")}<span>${_("Cancel")}</span></button>
        <button class="btn primary" ?disabled=${this.busy || !this.ready}>${icon("check")}<span>${_("Decide")}</span></button></header>
      <p>${whyText(check)} ${_("The counter went from {old} to {new}.", { old: count(check.old), new: count(check.new) })}</p>
      <div class="two"><fieldset class="opts"><legend>${_("What was really made?")}</legend>
        ${check.since_restart === null ? nothing : this.option("restart", _("The device restarted at 0: {n} since then", { n: count(check.since_restart) }))}
        ${this.option("drop", _("Nothing: leave it out"))}
        ${check.acceptable ? this.option("accept", _("All of it: {n}", { n: count(check.amount) })) : nothing}
        ${this.option("amount", _("Another amount"))}
        ${this.choice === "amount" ? html`<label class="field amt"><span class="lb">${_("Counts of the counter")}</span><input class="in r num" inputmode="decimal" autocomplete="off" .value=${this.amount} @input=${(event) => { this.amount = event.target.value; this.tryOut(); }}></label>` : nothing}
        <label class="field"><span class="lb">${_("Remark")}</span><input class="in" maxlength="2000" autocomplete="off" .value=${this.note} @input=${(event) => { this.note = event.target.value; }}></label></fieldset>
      ${this.figures()}</div>
      ${this.error ? html`<p class="err" role="alert">${this.error}</p>` : nothing}</form>`;
  }

  option(key, label) {
    return html`<label class="opt"><input type="radio" name="decision" value=${key} ?checked=${this.choice === key} .checked=${this.choice === key} @change=${() => this.choose(key)}><span>${label}</span></label>`;
  }

  figures() {
    const { effect } = this;
    if (!effect) return html`<p class="muted effect">${this.error ? nothing : _("Choose to see what changes.")}</p>`;
    const line = (label, name, show) => html`<tr><th scope="row">${label}</th><td class="n">${show(effect.now[name])}</td><td class="n"><b>${show(effect.then[name])}</b></td></tr>`;
    const share = (value) => (value === null ? "–" : `${percent(value)} %`);
    return html`<div class="effect" aria-live="polite"><table><caption>${_("Shift {shift}, {day}", { shift: nameOf(effect.shift.name, effect.shift.code) || _("whole day"), day: effect.shift.day })}</caption>
      <thead><tr><th scope="col"></th><th scope="col" class="n">${_("Now")}</th><th scope="col" class="n">${_("After it")}</th></tr></thead>
      <tbody>${line(_("Total"), "total", count)}${line(_("Good"), "good", count)}${line(_("Scrap"), "scrap", count)}${line("OEE", "oee", share)}${line(_("Performance"), "effectiveness", share)}</tbody></table>
      ${this.check.gap_from ? html`<p class="muted">${icon("info")} ${_("The pieces are spread over the gap and marked as estimated.")}</p>` : nothing}</div>`;
  }

  get ready() {
    return this.choice !== null && (this.choice !== "amount" || this.amount.trim() !== "");
  }

  choose(choice) {
    this.choice = choice;
    this.tryOut();
  }

  body() {
    const { check } = this;
    const counts = { restart: check.since_restart, amount: this.amount.trim().replaceAll(",", "") }[this.choice] ?? null;
    return {
      work_unit: check.work_unit, tag: check.tag, at: check.at, since: check.since,
      seen_amount: check.amount, seen_decision: check.decision?.command_id ?? null,
      decision: this.choice === "restart" ? "amount" : this.choice, counts, note: this.note.trim() || null,
    };
  }

  /** Ask what the choice would change; only the last answer counts. */
  async tryOut() {
    const asked = (this.#asked += 1);
    this.effect = null;
    this.error = "";
    this.page.update();
    if (!this.ready) return;
    try {
      const effect = await post("/api/v1/checks/counts/effect", this.body());
      if (asked === this.#asked) this.effect = effect;
    } catch (problem) {
      if (asked === this.#asked) this.error = problemText(problem);
    }
    this.page.update();
  }

  async send() {
    if (this.busy || !this.ready) return;
    this.busy = true;
    this.page.update();
    try {
      const answer = await post("/api/v1/checks/counts/decisions", { command_id: this.#id, ...this.body() });
      const figures = { before: count(answer.before.total), after: count(answer.after.total) };
      this.page.decided(_("Decided. Pieces of the shift: {before}, now {after}.", figures));
    } catch (problem) {
      this.busy = false;
      this.#id = commandId();
      this.error = problemText(problem);
      this.page.update();
    }
  }
}
