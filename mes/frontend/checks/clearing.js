// The form in which a person says why records that were kept aside may go.
import { post } from "../lib/api.js";
import { problemText } from "../lib/problem-text.js";
import { _, counted } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { commandId } from "../lib/outbox.js";
import { count } from "../lib/format.js";

export class Clearing {
  note = "";
  error = "";
  busy = false;
  #id = commandId();

  constructor(page, ids) {
    this.page = page;
    this.ids = ids;
  }

  holds(id) {
    return this.ids.includes(id);
  }

  isOf() {
    return false;
  }

  template() {
    const title = counted(this.ids.length, _("Clear 1 record"), _("Clear {n} records", { n: count(this.ids.length) }));
    return html`<form class="card det decide" @submit=${(event) => { event.preventDefault(); this.send(); }} aria-labelledby="decide-title">
      <header><h2 id="decide-title" tabindex="-1">${title}</h2><span class="sp"></span>
        <button type="button" class="btn" @click=${() => this.page.decide(null)}>${icon("close")}<span>${_("Cancel")}</span></button>
        <button class="btn primary" ?disabled=${this.busy || !this.note.trim()}>${icon("check")}<span>${_("Clear record")}</span></button></header>
      <p>${_("They stay to be seen under cleared records, with your name and the reason.")}</p>
      <label class="field"><span class="lb">${_("Why they may go")}</span><input class="in" maxlength="2000" autocomplete="off" required .value=${this.note} @input=${(event) => { this.note = event.target.value; this.page.update(); }}></label>
      ${this.error ? html`<p class="err" role="alert">${this.error}</p>` : nothing}</form>`;
  }

  async send() {
    if (this.busy || !this.note.trim()) return;
    this.busy = true;
    this.page.update();
    try {
      const answer = await post("/api/v1/checks/quarantined/clear", { command_id: this.#id, ids: this.ids, note: this.note.trim() });
      this.page.decided(counted(answer.cleared, _("1 record cleared."), _("{n} records cleared.", { n: count(answer.cleared) })));
    } catch (problem) {
      this.busy = false;
      this.#id = commandId();
      this.error = problemText(problem);
      this.page.update();
    }
  }
}
