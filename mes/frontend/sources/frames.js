// The raw frames of a running source: fetched in portions, pausable, bounded.
import { post } from "../lib/api.js";
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { problemText } from "../lib/problem-text.js";
import { clockSeconds } from "../lib/time.js";

const EVERY_MS = 1500;
const SHOWN_MAX = 200;

/** State and drawing of the frame log of one source. */
export class Frames {
  frames = [];
  lost = 0;
  error = "";
  #timer = null;

  constructor(code, changed) {
    Object.assign(this, { code, changed });
  }

  get running() {
    return this.#timer !== null;
  }

  start() {
    this.#timer ??= setInterval(() => this.fetch(), EVERY_MS);
    this.fetch();
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = null;
    this.changed();
  }

  async fetch() {
    if (document.hidden) return;
    try {
      const answer = await post(`/api/v1/sources/${encodeURIComponent(this.code)}/frames`, { after: this.frames.at(-1)?.seq ?? 0 });
      this.lost += this.frames.length ? answer.lost : 0;
      this.frames = [...this.frames, ...answer.frames].slice(-SHOWN_MAX);
      this.error = "";
    } catch (problem) {
      this.error = problemText(problem);
      this.stop();
    }
    this.changed();
  }

  template() {
    return html`<div class="tools"><button type="button" class="btn" aria-pressed=${this.running ? "true" : "false"} @click=${() => (this.running ? this.stop() : this.start())}>${icon(this.running ? "stop" : "run")}${this.running ? _("Pause") : _("Show frames")}</button>
      <span class="muted num" role="status">${_("{n} frames", { n: this.frames.length })}${this.lost ? ` · ${_("{n} lost", { n: this.lost })}` : ""}</span></div>
      ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}
      ${this.frames.length ? html`<div class="tw frames" tabindex="0" role="region" aria-label=${_("Frames, scrolls")}><table><thead><tr><th scope="col">${_("Time")}</th><th scope="col">${_("Way")}</th><th scope="col" class="n">${_("Bytes")}</th><th scope="col">${_("Content")}</th></tr></thead>
        <tbody>${this.frames.toReversed().map((frame) => html`<tr><td class="mono">${clockSeconds(frame.at)}${frame.at.slice(19, 23)}</td><td>${frame.direction === "sent" ? _("sent") : _("received")}</td><td class="n">${frame.size ?? "–"}</td><td class="mono hex">${frame.text ?? frame.hex}</td></tr>`)}</tbody></table></div>` : nothing}`;
  }
}
