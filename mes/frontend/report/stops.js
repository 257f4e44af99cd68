// The stops behind a report of one machine; a row opens the same dialog as on the terminal.
import { DeclareDialog } from "../dialogs/declare.js";
import { StopDialog } from "../dialogs/stop.js";
import { get, Problem } from "../lib/api.js";
import { _, counted, nameOf } from "../lib/i18n.js";
import { Island, html, icon, nothing } from "../lib/island.js";
import { listFiles } from "../lib/list-files.js";
import { Outbox } from "../lib/outbox.js";
import { problemText } from "../lib/problem-text.js";
import { sheet, syncSheet } from "../lib/sheet.js";
import { stateIcon, stateWord } from "../lib/states.js";
import { stopLength } from "../lib/stops.js";
import { clock, elapsed, isoDay, now } from "../lib/time.js";

const STATERS = new Set(["operator", "supervisor", "quality", "maintenance", "manager", "administrator"]);

class StopTable extends Island {
  stops = null;
  dialog = null;
  roles = [];
  answered = new Set();
  onlyOpen = false;
  message = "";
  changed = false;
  outbox = new Outbox();

  start() {
    this.unit = this.given("unit");
    this.outbox.addEventListener("sent", () => { this.changed = true; });
    this.outbox.addEventListener("refused", ({ detail }) => this.say(problemText(detail.problem)));
    this.outbox.start();
    get("/api/v1/session").then((answer) => { this.roles = answer.roles ?? []; this.update(); }, () => {});
    this.read();
  }

  async read() {
    const query = new URLSearchParams({ from: this.dataset.from, to: this.dataset.to });
    try {
      const answer = await get(`/api/v1/work-units/${encodeURIComponent(this.unit.code)}/stops?${query}`);
      this.stops = (answer.items ?? []).toReversed();
      this.orphans = answer.orphans ?? 0;
      this.message = "";
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.message = problemText(problem);
    }
    this.update();
  }

  get mayState() {
    return this.roles.some((role) => STATERS.has(role));
  }

  get mayDeclare() {
    return this.roles.some((role) => role === "supervisor" || role === "administrator");
  }

  get allStops() {
    return (this.stops ?? []).toReversed();
  }

  get shown() {
    return (this.stops ?? []).filter((stop) => !this.onlyOpen || stop.needs_reason);
  }

  template() {
    if (!this.stops) return html`<p class="muted">${this.message || _("Loading")}</p>`;
    const open = this.stops.filter((stop) => stop.needs_reason).length;
    return html`<p class="stophead"><button type="button" class="btn" aria-pressed=${this.onlyOpen ? "true" : "false"} @click=${() => { this.onlyOpen = !this.onlyOpen; this.update(); }}>${icon("reason")}<span>${_("Only without reason ({n})", { n: open })}</span></button>
        ${listFiles("/stops", { work_unit: this.unit.code, from: this.dataset.from, to: this.dataset.to, ...(this.onlyOpen ? { needs_reason: "true" } : {}) })}
        ${this.orphans ? html`<span class="mark">${icon("info")}<span>${counted(this.orphans, _("1 reason whose stop is gone"), _("{n} reasons whose stop is gone", { n: this.orphans }))}</span></span>` : nothing}
        <span role="status">${this.message}</span></p>
      <div class="tw" tabindex="0" role="region" aria-label=${_("Stops")}><table class="stoptable"><thead><tr><th scope="col">${_("Start")}</th><th scope="col" class="n">${_("Length")}</th><th scope="col">${_("State")}</th><th scope="col">${_("Reason")}</th><th scope="col">${_("By")}</th><th scope="col"><span class="sr">${_("Explain")}</span></th></tr></thead>
        <tbody>${this.shown.map((stop) => this.row(stop))}</tbody></table></div>
      ${this.shown.length ? nothing : html`<p class="muted">${_("No stop here.")}</p>`}${sheet(this)}`;
  }

  row(stop) {
    const reasons = [...new Set(stop.parts.map((part) => part.reason && nameOf(part.reason.name, part.reason.code)).filter(Boolean))];
    const people = [...new Set(stop.parts.map((part) => part.person).filter(Boolean))];
    return html`<tr><td class="num">${isoDay(stop.start).slice(5)} ${clock(stop.start)}</td><td class="num n">${elapsed(stopLength(stop, now()))}</td>
      <td>${icon(stateIcon(stop.state))} ${stateWord(stop.state)}</td>
      <td>${reasons.join(", ") || "–"} ${stop.needs_reason ? html`<span class="mark todo">${icon("reason")}<span>${_("No reason yet")}</span></span>` : nothing}</td><td>${people.join(", ") || "–"}</td>
      <td>${this.mayState ? html`<button type="button" class="btn" aria-label=${_("Explain the stop of {time}", { time: clock(stop.start) })} @click=${() => this.open(stop)}>${reasons.length ? _("Change reason") : _("Explain")}</button>` : nothing}</td></tr>`;
  }

  open(stop) {
    const stops = this.shown.toReversed();
    this.openDialog(new StopDialog(this, stops, stops.findIndex((one) => one.start === stop.start), false));
  }

  openDeclare(start, end) {
    this.openDialog(new DeclareDialog(this, start, end));
  }

  openDialog(dialog) {
    this.dialog = dialog;
    this.update();
  }

  /** The figures of the page follow from the stops: after a change it is read again. */
  closeDialog() {
    this.dialog = null;
    this.update();
    if (this.changed) location.reload();
  }

  rendered() {
    syncSheet(this);
  }

  async send(url, body, { label, form = null }) {
    try {
      return await this.outbox.add({ url, body, label, form, unit: this.unit.code });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.say(problemText(problem));
      return { id: null };
    }
  }

  say(text) {
    this.message = text;
    this.update();
  }
}

customElements.define("mes-stops", StopTable);
