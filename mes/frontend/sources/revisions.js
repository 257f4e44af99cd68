// The latest revisions of what edges run, and the way back to one of them.
import { get, post } from "../lib/api.js";
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { commandId } from "../lib/outbox.js";
import { problemText } from "../lib/problem-text.js";

const SHOWN = 10;

/** State and drawing of the history; it is read when somebody opens it. */
export class Revisions {
  items = null;
  reason = "";
  error = "";
  said = "";

  constructor(changed) {
    this.changed = changed;
  }

  async read() {
    try {
      this.items = (await get(`/api/v1/plant/revisions?limit=${SHOWN}`)).items;
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.changed();
  }

  async goBack(to) {
    this.error = this.said = "";
    try {
      const answer = await post("/api/v1/plant/roll-back", { command_id: commandId(), to, reason: this.reason.trim() });
      this.said = _("Saved as revision {n}.", { n: answer.revision });
      await this.read();
    } catch (problem) {
      this.error = problemText(problem);
      this.changed();
    }
  }

  template() {
    return html`<details class="card fold revs" @toggle=${(event) => { if (event.target.open && !this.items) this.read(); }}><summary>${_("Earlier configurations")}</summary>
      ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}${this.said ? html`<p role="status">${icon("check")} ${this.said}</p>` : nothing}
      <div class="field"><label for="v-why">${_("Why go back")}</label><input class="in" id="v-why" .value=${this.reason} @input=${(event) => { this.reason = event.target.value; this.changed(); }}></div>
      ${this.items ? html`<div class="tw" tabindex="0" role="region" aria-label=${_("Revisions, scrolls")}><table><thead><tr><th scope="col">${_("Revision")}</th><th scope="col">${_("Person")}</th><th scope="col">${_("What changed")}</th><th scope="col"><span class="sr">${_("Action")}</span></th></tr></thead>
        <tbody>${this.items.map((each, index) => this.row(each, index))}</tbody></table></div>` : nothing}</details>`;
  }

  row(each, index) {
    const parts = [...each.added.map((name) => `+ ${name}`), ...each.changed.map((name) => `~ ${name}`), ...each.retired.map((name) => `− ${name}`)];
    return html`<tr><td class="num">${each.revision}</td><td>${each.person}</td><td class="mono">${parts.slice(0, 4).join(", ")}${parts.length > 4 ? " …" : ""}</td>
      <td>${index > 0 && each.can_go_back ? html`<button type="button" class="btn" ?disabled=${this.reason.trim().length < 3} @click=${() => this.goBack(each.revision)}>${icon("undo")}${_("Go back to {n}", { n: each.revision })}</button>` : nothing}</td></tr>`;
  }
}
