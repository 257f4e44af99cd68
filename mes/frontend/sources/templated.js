// The template behind a source: which version, what differs from it, and a newer one with before and after.
import { get, post } from "../lib/api.js";
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { commandId } from "../lib/outbox.js";
import { problemText } from "../lib/problem-text.js";

const shown = (value) => (value === null || value === undefined ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value));

/** State and drawing of the card; nothing is drawn for a source without a template. */
export class Templated {
  found = null;
  open = false;
  error = "";
  busy = false;

  constructor(code, taken, changed) {
    Object.assign(this, { code, taken, changed });
  }

  get address() {
    return `/api/v1/sources/${encodeURIComponent(this.code)}/template`;
  }

  async read() {
    this.found = (await get(this.address)).template;
    this.changed();
  }

  async take(version) {
    this.busy = true;
    this.error = "";
    this.changed();
    try {
      await post(this.address, { command_id: commandId(), version });
      this.open = false;
      await this.taken();
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.busy = false;
    this.changed();
  }

  template(mayChange) {
    const found = this.found;
    if (!found) return nothing;
    const newest = found.newer.at(-1);
    return html`<section class="card tplc" aria-labelledby="h-t"><h2 id="h-t">${_("Template")} <span class="mono">${found.id} v${found.version}</span></h2>
      ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}
      <p>${!found.follows ? _("The source is written out; it no longer follows its template.") : found.differs.length ? html`${_("Differs from the template")}: <span class="mono">${found.differs.join(", ")}</span>` : _("Everything is as in the template.")}</p>
      ${newest && found.follows ? this.newer(found, newest, mayChange) : nothing}</section>`;
  }

  newer(found, newest, mayChange) {
    return html`<p>${icon("info")} <b>${_("There is a newer version: v{n}", { n: newest })}</b></p>
      ${this.open ? html`<div class="tw" tabindex="0" role="region" aria-label=${_("Before and after, scrolls")}><table class="tdiff"><thead><tr><th scope="col">${_("Field")}</th><th scope="col">${_("Before")}</th><th scope="col">${_("After")}</th></tr></thead>
        <tbody>${found.changes.map((change) => html`<tr><th scope="row" class="mono">${change.place}</th><td class="mono">${shown(change.before)}</td><td class="mono"><b>${shown(change.after)}</b></td></tr>`)}</tbody></table></div>` : nothing}
      <div class="tools ends"><button type="button" class="btn" aria-expanded=${this.open ? "true" : "false"} @click=${() => { this.open = !this.open; this.changed(); }}>${_("What it changes")} (${found.changes.length})</button>
      ${this.open && mayChange ? html`<button type="button" class="btn take" ?disabled=${this.busy} @click=${() => this.take(newest)}>${icon("save")}${_("Take version {n}", { n: newest })}</button>` : nothing}</div>`;
  }
}
