// Office: one work instruction. The draft is written as a whole and saved as a whole; what is typed
// stays in the page and in the tab until the server has taken it.
import { share } from "../lib/chrome.js";
import { get, post, Problem, renewToken } from "../lib/api.js";
import { keepDraft, keptDraft } from "../lib/draft.js";
import { _ } from "../lib/i18n.js";
import { Island, html, icon, nothing } from "../lib/island.js";
import { Live } from "../lib/live.js";
import { commandId } from "../lib/outbox.js";
import { addWords, problemText } from "../lib/problem-text.js";
import { sheet, syncSheet } from "../lib/sheet.js";
import { dueText } from "../lib/time.js";
import { withPictures } from "../instruction/content.js";
import { officeWords } from "../instruction/office-words.js";
import { revisionForm } from "../instruction/revision-form.js";
import { filled, sentSteps } from "../instruction/steps.js";
import { InstructionDialog } from "../instruction/viewer.js";

class InstructionPage extends Island {
  shown = null;
  form = null;
  chosen = 0;
  errors = {};
  message = null;
  busy = false;
  dialog = null;
  #commands = new Map();

  start() {
    this.one = this.given("one");
    addWords(officeWords());
    share(new Live({ site: document.documentElement.dataset.site }).start());
    addEventListener("beforeunload", (event) => this.dirty && event.preventDefault());
    this.open(this.one.revisions[0].revision);
  }

  get draft() {
    return this.one.revisions.find((revision) => revision.state === "draft") ?? null;
  }

  get dirty() {
    return Boolean(this.form) && JSON.stringify(this.#asked()) !== this.clean;
  }

  get #name() {
    return `instruction:${this.one.code}`;
  }

  /** Show a revision; a draft opens with what was typed and not saved, if there is something. */
  async open(revision) {
    try {
      this.shown = await get(`${this.#address()}/revisions/${revision}`);
    } catch (problem) {
      return this.say(problemText(problem), "bad");
    }
    this.form = null;
    if (this.shown.state === "draft") this.#edit(this.shown);
    this.chosen = Math.min(this.chosen, Math.max(0, this.steps.length - 1));
    return this.update();
  }

  get steps() {
    return (this.form ?? this.shown)?.steps ?? [];
  }

  get files() {
    return (this.form ?? this.shown).files;
  }

  #edit(shown) {
    this.form = { title: { ...shown.title }, note: shown.note, steps: filled(shown.steps), version: shown.version, files: { ...shown.files } };
    this.clean = JSON.stringify(this.#asked());
    const kept = keptDraft(this.#name);
    if (!kept) return;
    this.form = kept;
    const older = kept.version !== shown.version;
    this.say(older ? _("What you typed was not saved, and somebody changed the draft meanwhile. Saving puts yours in its place only after you have looked.") : _("What you typed before is still here, not saved yet."), older ? "bad" : "");
    this.conflict = older ? shown : null;
  }

  changed() {
    keepDraft(this.#name, this.dirty ? this.form : null);
    this.update();
  }

  #asked() {
    const { title, note, steps } = this.form;
    return { title, note, steps: sentSteps(steps) };
  }

  template() {
    if (!this.shown) return html`<p class="muted">${this.message?.text ?? _("Loading")}</p>`;
    return html`${this.revisionBar()}
      ${this.message ? html`<p class="msg ${this.message.kind === "bad" ? "err" : ""}" role=${this.message.kind === "bad" ? "alert" : "status"}>${this.message.text} ${this.message.code ? html`<span class="mono">${this.message.code}</span>` : nothing}</p>` : nothing}
      ${this.conflict ? html`<p class="acts-row"><button type="button" class="btn" @click=${() => this.takeTheirs()}>${icon("undo")}<span>${_("Show what stands now and drop mine")}</span></button>
        <button type="button" class="btn" @click=${() => this.keepMine()}>${icon("save")}<span>${_("I have looked: save mine in its place")}</span></button></p>` : nothing}
      ${revisionForm(this)}${sheet(this)}`;
  }

  rendered() {
    syncSheet(this);
  }

  revisionBar() {
    const { form, shown, draft } = this;
    return html`<section class="card wr-bar" aria-label=${_("Revisions")}>
      <label class="fi"><span>${_("Revision")}</span><select class="in" ?disabled=${this.dirty} @change=${(event) => this.open(Number(event.target.value))}>${this.one.revisions.map((one) => html`<option value=${one.revision} ?selected=${one.revision === shown.revision}>${revisionText(one)}</option>`)}</select></label>
      <span class="sp"></span>
      <button type="button" class="btn" @click=${() => this.preview()} ?disabled=${!this.steps.length}>${icon("search")}<span>${_("Preview")}</span></button>
      ${form ? html`${draft.revision > 1 ? html`<button type="button" class="btn" ?disabled=${this.busy} @click=${() => this.discard()}>${icon("trash")}<span>${_("Throw the draft away")}</span></button>` : nothing}
        <button type="button" class="btn ${this.dirty ? "primary" : ""}" ?disabled=${this.busy || !this.dirty} @click=${() => this.save()}>${icon("save")}<span>${this.dirty ? _("Save the draft") : _("Saved")}</span></button>
        <button type="button" class="btn ${this.dirty ? "" : "primary"}" ?disabled=${this.busy || this.one.retired} @click=${() => this.release()}>${icon("check")}<span>${_("Release revision {n}", { n: draft.revision })}</span></button>`
      : draft || this.one.retired ? nothing : html`<button type="button" class="btn primary" ?disabled=${this.busy} @click=${() => this.revise()}>${icon("plus")}<span>${_("Begin the next revision")}</span></button>`}</section>`;
  }

  say(text, kind = "", code = "") {
    this.message = text ? { text, kind, code } : null;
    this.update();
  }

  async save() {
    const asked = { seen_version: this.form.version, ...this.#asked() };
    const answer = await this.#act("draft", asked);
    if (!answer) return false;
    this.form.version = answer.version;
    this.clean = JSON.stringify(this.#asked());
    this.conflict = null;
    keepDraft(this.#name, null);
    Object.assign(this.draft, answer);
    this.say(_("Saved. Nobody works by it before it is released."));
    return true;
  }

  async release() {
    if (this.dirty && !(await this.save())) return;
    if (await this.#act("release", { seen_version: this.form.version })) await this.#again(_("Released. From now on terminals show this revision."));
  }

  async revise() {
    if (await this.#act("revise", {})) await this.#again(_("A draft with the present steps. Say what is new before you release it."));
  }

  async discard() {
    if (!(await this.#act("discard", { seen_version: this.form.version }))) return;
    keepDraft(this.#name, null);
    await this.#again(_("The draft was thrown away."));
  }

  async #again(text) {
    this.one = await get(this.#address()).catch(() => this.one);
    await this.open(this.one.revisions[0].revision);
    this.say(text);
  }

  /** Do something to the draft; a refusal stays beside what was typed. */
  async #act(what, asked) {
    if (this.busy) return null;
    const name = `${what} ${JSON.stringify(asked)}`;
    if (!this.#commands.has(name)) this.#commands.set(name, commandId());
    Object.assign(this, { busy: true, errors: {} });
    this.say("");
    try {
      const answer = await post(`${this.#address()}/${what}`, { command_id: this.#commands.get(name), ...asked });
      this.#commands.delete(name);
      return answer;
    } catch (problem) {
      if (!problem.temporary) this.#commands.delete(name);
      await this.#refused(problem);
      return null;
    } finally {
      this.busy = false;
      this.update();
    }
  }

  async #refused(problem) {
    if (/csrf/.test(problem.code) || problem.status === 401) await renewToken().catch(() => {});
    this.errors = Object.fromEntries((problem.body?.errors ?? []).map(({ field, message }) => [field, message]));
    const place = Object.keys(this.errors).map((field) => /^steps\.(\d+)/.exec(field)).find(Boolean);
    if (place) this.chosen = Number(place[1]);
    if (problem.code === "instruction_changed") this.conflict = await get(`${this.#address()}/revisions/${this.draft.revision}`).catch(() => null);
    const text = Object.keys(this.errors).length ? _("Nothing was saved. Correct the fields that are marked.") : problemText(problem);
    this.say(text, "bad", problem.code);
  }

  async takeTheirs() {
    keepDraft(this.#name, null);
    this.conflict = null;
    await this.#again(_("This is what stands now."));
  }

  keepMine() {
    this.form.version = this.conflict.version;
    this.conflict = null;
    return this.save();
  }

  /** Problem of a file that was sent: said, nothing lost. */
  fileRefused(problem) {
    this.say(problemText(problem instanceof Problem ? problem : new Problem(0)), "bad", problem.code);
  }

  preview() {
    const { title, note, steps, files } = { ...this.shown, ...(this.form ?? {}) };
    const content = withPictures({ ...this.shown, title, note, steps: this.form ? sentSteps(steps) : steps, files, values: {} });
    this.unit = { code: "preview" };
    this.dialog = new InstructionDialog(this, content, { preview: true, at: Math.min(this.chosen, steps.length - 1) });
    this.update();
  }

  closeDialog() {
    this.dialog = null;
    this.update();
  }

  #address() {
    return `/api/v1/instructions/${encodeURIComponent(this.one.code)}`;
  }
}

function revisionText(one) {
  const words = { draft: _("Draft"), released: _("In force"), retired: _("Replaced") };
  const at = one.released_at ?? one.changed_at;
  return [_("Revision {n}", { n: one.revision }), words[one.state], dueText(at), one.released_by ?? one.changed_by].filter(Boolean).join(" · ");
}

customElements.define("mes-instruction", InstructionPage);
