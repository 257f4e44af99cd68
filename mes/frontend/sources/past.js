// Looking back: the holes of a source with their reasons, and what its own history filled.
import { get } from "../lib/api.js";
import { count } from "../lib/format.js";
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { problemText } from "../lib/problem-text.js";
import { adviceOn } from "../lib/source-advice.js";
import { clockSeconds, elapsed, instant, isoDay } from "../lib/time.js";

const WINDOWS = [24, 168];

/** State and drawing of the card. */
export class Past {
  hours = WINDOWS[0];
  found = null;
  error = "";

  constructor(code, keepsHistory, counters, changed) {
    Object.assign(this, { code, keepsHistory, counters, changed });
  }

  async read(hours = this.hours) {
    this.hours = hours;
    try {
      this.found = await get(`/api/v1/sources/${encodeURIComponent(this.code)}/past?hours=${hours}`);
      this.error = "";
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.changed();
  }

  template() {
    const words = { 24: _("24 hours"), 168: _("7 days") };
    const filled = this.counters()?.backfilled;
    return html`<section class="card" aria-labelledby="h-p"><h2 id="h-p">${_("Holes and history")}</h2>
      <div class="tools"><div class="seg" role="group" aria-label=${_("Look back")}>${WINDOWS.map((hours) => html`<button type="button" class="btn" aria-pressed=${hours === this.hours ? "true" : "false"} @click=${() => this.read(hours)}>${words[hours]}</button>`)}</div></div>
      <p class="muted">${this.keepsHistory() ? _("After an outage the collector asks the device for what it kept. What it tells belongs to its own time; the rest stays a hole.") : _("Devices of this protocol keep no history: what was missed stays a hole.")}${filled ? ` ${_("{n} values from the device's history since the start of the collector.", { n: count(filled) })}` : ""}</p>
      ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}
      ${this.found ? this.rows() : html`<p class="muted">${_("Loading")}</p>`}</section>`;
  }

  rows() {
    const holes = this.found.holes.map((hole) => ({ ...hole, at: hole.end, kind: "hole" }));
    const filled = this.found.filled.map((each) => ({ ...each, at: each.told_at, kind: "filled" }));
    const rows = [...holes, ...filled].sort((a, b) => instant(b.at) - instant(a.at));
    if (!rows.length) return html`<p>${icon("check")} ${_("No hole in this time.")}</p>`;
    return html`<div class="tw" tabindex="0" role="region" aria-label=${_("Holes, scrolls")}><table class="past"><thead><tr><th scope="col">${_("What")}</th><th scope="col">${_("From")}</th><th scope="col">${_("Until")}</th><th scope="col" class="n">${_("Duration")}</th><th scope="col">${_("Reason, or what was told")}</th></tr></thead>
      <tbody>${rows.map((row) => html`<tr><td><span class="q">${icon(row.kind === "hole" ? "nodata" : "refresh")}<b>${row.kind === "hole" ? _("Hole") : _("Filled from history")}</b></span></td><td class="num">${when(row.start)}</td><td class="num">${when(row.end)}</td><td class="n">${elapsed(instant(row.end) - instant(row.start))}</td><td>${row.kind === "hole" ? reason(row.reason) : told(row)}</td></tr>`)}</tbody></table></div>
      ${this.found.is_complete ? nothing : html`<p class="muted">${_("There are more; the latest are shown.")}</p>`}`;
  }
}

const when = (at) => `${isoDay(at)} ${clockSeconds(at)}`;

function reason(code) {
  const known = adviceOn(code);
  return html`${known ? known.text : _("The source was away.")} ${code ? html`<span class="mono muted">(${code})</span>` : nothing}`;
}

function told(row) {
  return html`${_("{n} values of {m} tags", { n: count(row.values), m: row.tags })}, ${_("told {time}", { time: when(row.told_at) })}${row.not_kept ? html`<br><span class="muted">${_("{n} tags: nothing kept at the beginning, unknown until their first value", { n: row.not_kept })}</span>` : nothing}`;
}
