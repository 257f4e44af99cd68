// Signing a shift of a line off: the checklist before, the history and the revisions after.
import { get, post } from "../lib/api.js";
import { count, percent } from "../lib/format.js";
import { _, counted, nameOf } from "../lib/i18n.js";
import { Island, html, icon, nothing } from "../lib/island.js";
import { problemText } from "../lib/problem-text.js";
import { clock, day, elapsed } from "../lib/time.js";
import { history } from "./revisions.js";

class SignOff extends Island {
  start() {
    const { line, lineName, day: on, shift, place } = this.dataset;
    Object.assign(this, { line, lineName, on, shift, place, open: null, view: null, figures: [], note: "", error: "", busy: false });
    this.has = (name) => name in this.dataset;
  }

  template() {
    const signs = this.has("maySign") && this.has("closed") && !this.has("signed");
    return html`${signs ? this.opener("sign", "check", _("Sign off shift")) : nothing}
      ${this.has("touched") ? this.opener("history", "sheet", _("Sign-off and revisions")) : nothing}
      <dialog class="so" aria-label=${this.title()} @cancel=${(event) => { event.preventDefault(); this.close(); }}>${this.open ? this.dialog() : nothing}</dialog>`;
  }

  opener(name, symbol, label) {
    return html`<button type="button" class="btn ${name === "sign" ? "primary" : ""}" data-open=${name} @click=${() => this.show(name)}>${icon(symbol)}<span>${label}</span></button>`;
  }

  rendered() {
    const dialog = this.querySelector("dialog");
    if (this.open && !dialog.open) dialog.showModal();
    if (!this.open && dialog.open) dialog.close();
  }

  async show(name) {
    Object.assign(this, { open: name, view: null, error: "", note: "" });
    this.update();
    try {
      const query = `day=${this.on}&shift=${encodeURIComponent(this.shift)}`;
      const line = encodeURIComponent(this.line);
      [this.view, this.figures] = await Promise.all([
        get(`/api/v1/lines/${line}/signoff?${query}`),
        name === "history" ? get(`/api/v1/published?line=${line}&${query}&revisions=true`).then((answer) => answer.items) : [],
      ]);
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.update();
  }

  close() {
    this.open = null;
    this.update();
  }

  title() {
    return this.open === "history" ? _("Sign-off and revisions") : _("Sign off shift");
  }

  dialog() {
    return html`<header><div><h2>${this.title()}</h2><p class="muted num">${this.subtitle()}</p></div>
        <button type="button" class="btn tap" @click=${() => this.close()}>${icon("close")}<span>${_("Close")}</span></button></header>
      <div class="so-body" tabindex="0" role="region" aria-label=${this.title()}>${this.view ? this.body() : html`<p class="muted" role="status">${this.error || _("Loading …")}</p>`}</div>
      ${this.view ? this.foot() : nothing}`;
  }

  subtitle() {
    if (!this.view) return `${this.lineName} · ${this.on}`;
    const [start, end] = this.view.window;
    return `${nameOf(this.view.name, this.line)} · ${day(start)} · ${this.view.shift} ${clock(start)}–${clock(end)}`;
  }

  body() {
    if (this.open === "history") return history(this.view, this.figures, this.place);
    return html`${this.checklist()}${this.now()}${this.text(_("Remark"), this.view.checklist.length > 0)}`;
  }

  checklist() {
    const items = this.view.checklist;
    if (!items.length) return html`<p class="so-ok">${icon("check")}<span>${_("Everything is in order: covered to the end, all stops explained.")}</span></p>`;
    return html`<h3>${_("Not in order")}</h3><ul class="so-list">${items.map((item) => html`<li>${icon("info")}<span><b>${this.unitName(item.work_unit)}</b> ${concern(item)}</span></li>`)}</ul>`;
  }

  unitName(code) {
    return nameOf(this.view.work_units.find((unit) => unit.work_unit === code)?.name, code);
  }

  now() {
    return html`<h3>${_("Figures that will be published")}</h3><table><thead><tr><th scope="col">${_("Machine")}</th><th scope="col" class="n">OEE %</th><th scope="col" class="n">${_("Good")}</th><th scope="col" class="n">${_("Reject")}</th><th scope="col" class="n">${_("Coverage")} %</th></tr></thead>
      <tbody>${this.view.work_units.map(({ name, work_unit: code, result }) => html`<tr><th scope="row">${nameOf(name, code)}</th><td class="n num"><b>${percent(result.kpis.oee)}</b></td>
        <td class="n num">${count(result.quantities.GQ)}</td><td class="n num">${count(result.quantities.SQ)}</td><td class="n num">${percent(result.coverage)}</td></tr>`)}</tbody></table>`;
  }

  text(label, needed) {
    return html`<label class="field"><span class="lb ${needed ? "req" : ""}">${label}</span>
      <textarea class="in so-note" rows="2" maxlength="2000" ?required=${needed} .value=${this.note} @input=${(event) => { this.note = event.target.value; this.update(); }}></textarea></label>`;
  }

  foot() {
    const error = this.error ? html`<p class="dn" role="alert">${this.error}</p>` : html`<span class="sp"></span>`;
    if (this.open === "sign") {
      const ready = this.view.over && !this.view.signed && (!this.view.checklist.length || this.note.trim());
      return html`<footer>${error}<button type="button" class="btn tap primary" ?disabled=${!ready || this.busy} @click=${() => this.send("signoff", { note: this.note.trim() || null })}>${icon("lock")}<span>${this.view.checklist.length ? _("Sign off with remark") : _("Sign off")}</span></button></footer>`;
    }
    if (!this.has("mayReopen") || !this.view.signed) return html`<footer>${error}</footer>`;
    return html`<footer class="so-reopen">${this.text(_("Reason for opening again"), true)}${error}
      <button type="button" class="btn tap" ?disabled=${!this.note.trim() || this.busy} @click=${() => this.send("reopen", { reason: this.note.trim() })}>${icon("undo")}<span>${_("Open again")}</span></button></footer>`;
  }

  async send(what, body) {
    this.busy = true;
    this.error = "";
    this.update();
    // The same identity for the same act, so that a second tap after a lost answer does it once.
    this.command ??= crypto.randomUUID?.() ?? `signoff-${Date.now()}-${Math.random().toString(36).slice(2)}`;
    try {
      await post(`/api/v1/lines/${encodeURIComponent(this.line)}/${what}`, { command_id: this.command, day: this.on, shift: this.shift, ...body });
      location.reload();
      return;
    } catch (problem) {
      this.error = problemText(problem);
      if (!problem.temporary) this.command = null;
      if (problem.body?.checklist) this.view = { ...this.view, checklist: problem.body.checklist };
    }
    this.busy = false;
    this.update();
  }
}

function concern(item) {
  return {
    not_covered: _("is not known to the end of the shift yet"),
    provisional_stop: _("stands; the stop may still grow"),
    coverage_low: _("was seen only {n} % of the time", { n: percent(item.coverage) }),
    unexplained_stops: counted(item.count, _("1 stop without reason, {time}", { time: elapsed(item.us / 1000) }), _("{n} stops without reason, {time}", { n: item.count, time: elapsed(item.us / 1000) })),
    suspect_counts: counted(item.count, _("1 suspect count to decide"), _("{n} suspect counts to decide", { n: item.count })),
    scrap_above_total: counted(item.count, _("1 item with more rejects than pieces"), _("{n} items with more rejects than pieces", { n: item.count })),
    rate_missing: _("made pieces without an ideal rate"),
  }[item.code] ?? item.code;
}

customElements.define("mes-signoff", SignOff);
