// Adding or changing a device: how, address, tags, test with preview, save. Nothing is saved before the test.
import { get, post } from "../lib/api.js";
import { share } from "../lib/chrome.js";
import { _, language } from "../lib/i18n.js";
import { Island, html, icon, nothing } from "../lib/island.js";
import { Live } from "../lib/live.js";
import { commandId } from "../lib/outbox.js";
import { problemText } from "../lib/problem-text.js";
import { applies, fieldOf, plain, put, sourceForm } from "../sources/form.js";
import { mistakeText } from "../sources/mistakes.js";
import { allPassed, stepList } from "../sources/steps.js";
import { tagsForm } from "../sources/tags.js";

const STEPS = () => [_("Method"), _("Address"), _("Tags"), _("Test"), _("Save")];
const NEW_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$/;

class SourceFlow extends Island {
  step = 0;
  forms = null;
  source = { tags: [] };
  mistakes = {};
  steps = null;
  samples = null;
  error = "";
  busy = "";
  saved = null;
  templates = [];
  chosen = null;
  parameters = {};

  start() {
    share(new Live({ site: document.documentElement.dataset.site }).start());
    this.code = this.given("code");
    this.edge = this.given("edge");
    this.mayChange = this.given("mayChange", false);
    this.load();
  }

  async load() {
    try {
      const [forms, templates] = await Promise.all([get("/api/v1/source-forms"), get("/api/v1/device-templates")]);
      Object.assign(this, { forms: forms.items, templates: templates.items });
      if (this.code) {
        const answer = await get(`/api/v1/sources/${encodeURIComponent(this.code)}/configuration`);
        Object.assign(this, { source: answer.source, seen: structuredClone(answer.source), edge: answer.edge, step: 1 });
      }
    } catch (problem) {
      this.error = problemText(problem);
    }
    const tag = this.code && sessionStorage.getItem(`tag:${this.code}`);
    if (tag) {
      sessionStorage.removeItem(`tag:${this.code}`);
      this.source.tags = [...this.source.tags, JSON.parse(tag)];
      this.step = 2;
    }
    this.update();
  }

  get form() {
    return this.forms?.find((form) => form.protocol === this.source.protocol);
  }

  template() {
    return html`<div class="hd"><div><h1>${this.code ?? _("Add device")}</h1><p class="muted">${_("Nothing is saved before the test.")}</p></div><a class="btn" href=${this.code ? `/sources/${this.code}` : "/sources"}>${_("Back")}</a></div>
      <section class="card flow" aria-labelledby="flow-h" aria-busy=${this.forms ? "false" : "true"}>
        <ol class="flowsteps">${STEPS().map((name, index) => html`<li aria-current=${index === this.step ? "step" : nothing} class=${index < this.step ? "done" : ""}>${index < this.step ? icon("check") : html`<b class="num">${index + 1}</b>`} ${name}</li>`)}</ol>
        <h2 id="flow-h">${STEPS()[this.step]}</h2>
        ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}
        ${this.mayChange ? nothing : html`<p class="note">${icon("lock")}<span>${_("You may look at this. Only an integrator may test and save it.")}</span></p>`}
        ${this.forms ? [this.method, this.address, this.tags, this.test, this.save][this.step].call(this) : html`<p class="muted">${_("Loading")}</p>`}
        <div class="tools ends">${this.step > (this.code ? 1 : 0) && !this.saved ? html`<button type="button" class="btn back" @click=${() => this.go(this.step - 1)}>${_("Previous")}</button>` : nothing}<span class="sp"></span>${this.forward()}</div></section>`;
  }

  forward() {
    if (this.step === 0 || this.saved) return nothing;
    if (this.step < 3) return html`<button type="button" class="btn primary next" @click=${() => this.next()}>${_("Next")}</button>`;
    if (this.step === 3) {
      const passed = allPassed(this.steps);
      return html`<button type="button" class="btn again" ?disabled=${Boolean(this.busy) || !this.mayChange} @click=${() => this.run()}>${icon("refresh")}${this.steps ? _("Test again") : _("Test")}</button>
        <button type="button" class="btn primary next" ?disabled=${!passed} @click=${() => this.go(4)}>${passed ? _("Next") : _("Next after it passed")}</button>`;
    }
    return html`<button type="button" class="btn primary save" ?disabled=${Boolean(this.busy)} @click=${() => this.store()}>${icon("save")}${this.code ? _("Save changes") : _("Create source")}</button>`;
  }

  method() {
    if (this.chosen) return this.ofTemplate();
    return html`<h3>${_("From a template")}</h3><ul class="ways">${this.templates.map((each) => html`<li><button type="button" class="btn way tpl" @click=${() => { this.chosen = each; this.update(); }}><b>${each.name[language]}</b><span class="muted">${each.vendor} ${each.model} · ${_("{n} tags", { n: each.tags })}</span></button></li>`)}</ul>
      <h3>${_("By hand")}</h3><p>${_("Which protocol does the device speak?")}</p><ul class="ways">${this.forms.map((form) => html`<li><button type="button" class="btn way hand" @click=${() => { this.source.protocol = form.protocol; this.go(1); }}><b>${form.name[language] ?? form.protocol}</b><span class="muted mono">${form.protocol}</span></button></li>`)}</ul>`;
  }

  /** The parameters of the chosen template; the rest of the flow shows what it makes of them. */
  ofTemplate() {
    const chosen = this.chosen;
    return html`<p><b>${chosen.name[language]}</b> · ${chosen.vendor} ${chosen.model} · v${chosen.version}</p>
      ${chosen.unverified.length ? html`<p class="note">${icon("info")}<span><b>${_("Not verified on a device yet")}</b><br>${chosen.unverified.join(" ")}</span></p>` : nothing}
      <div class="flds">${chosen.parameters.map((field) => fieldOf(field, (path) => this.parameters[path], (path, value) => { put(this.parameters, path, value); this.update(); }, this.mistakes, "p-"))}</div>
      <div class="tools ends"><button type="button" class="btn" @click=${() => { this.chosen = null; this.mistakes = {}; this.update(); }}>${_("Previous")}</button><span class="sp"></span><button type="button" class="btn primary next" ?disabled=${!this.mayChange} @click=${() => this.useTemplate()}>${_("Next")}</button></div>`;
  }

  async useTemplate() {
    this.error = "";
    try {
      const { id, version } = this.chosen;
      const answer = await post(`/api/v1/device-templates/${encodeURIComponent(id)}/${version}/source`, { parameters: this.parameters });
      this.source = { id: this.source.id, ...answer.source };
      this.mistakes = {};
      this.go(1);
    } catch (problem) {
      this.error = problemText(problem);
      this.mistakes = Object.fromEntries((problem.body?.mistakes ?? []).map((mistake) => [mistake.field, mistakeText(mistake)]));
      this.update();
    }
  }

  address() {
    return html`<div class="flds"><div class="field"><label for="f-id" class="req">${_("Source id")}</label><input class="in" id="f-id" autocomplete="off" ?readonly=${Boolean(this.code)} aria-invalid=${this.mistakes.id ? "true" : "false"} aria-describedby="f-id-h" .value=${this.source.id ?? ""} @change=${(event) => { put(this.source, "id", event.target.value.trim()); this.changed(); }}>
      <p class="muted help" id="f-id-h">${_("Unique in the plant: letters, digits, dot, hyphen, underscore.")}</p>${this.mistakes.id ? html`<p class="bad">${this.mistakes.id}</p>` : nothing}</div></div>
      ${sourceForm(this.form, this.source, this.mistakes, () => this.changed())}`;
  }

  tags() {
    return html`${tagsForm(this.form, this.source, this.mistakes, () => this.changed())}`;
  }

  test() {
    return html`<p class="mono">${this.source.id} · ${this.source.protocol} · ${this.edge}</p>
      ${this.busy ? html`<p role="status">${icon("clock")} ${this.busy}</p>` : nothing}
      ${this.steps ? stepList(this.steps) : nothing}${this.samples ? this.preview() : nothing}`;
  }

  preview() {
    return html`<h3>${_("Values read just now")}</h3><div class="tw" tabindex="0" role="region" aria-label=${_("Values, scrolls")}><table class="prev"><thead><tr><th scope="col">${_("Tag")}</th><th scope="col" class="n">${_("Value")}</th><th scope="col">${_("Quality")}</th><th scope="col">${_("Reason")}</th></tr></thead>
      <tbody>${this.samples.map((sample) => html`<tr><td class="mono">${sample.tag}</td><td class="n"><b>${sample.value === null ? "–" : String(sample.value)}</b> ${sample.unit ?? ""}</td><td>${{ good: _("Good quality"), uncertain: _("Uncertain"), bad: _("Bad") }[sample.quality]}</td><td class="muted">${sample.reason ?? ""}</td></tr>`)}</tbody></table></div>`;
  }

  save() {
    if (this.saved) {
      return html`<p class="note" role="status">${icon("check")}<span><b>${_("Saved as revision {n}.", { n: this.saved.revision })}</b> ${_("The collector reads it without a restart; other devices are not touched.")}</span></p><div class="tools"><a class="btn primary done" href="/sources/${this.source.id}">${_("Open source")}</a>${document.querySelector("[data-first-run]") ? html`<a class="btn" href="/welcome/devices">${_("Back to the first setup")}</a>` : nothing}</div>`;
    }
    return html`<p><b class="mono">${this.source.id}</b> · ${this.form.name[language]} · ${_("{n} tags", { n: this.source.tags.length })}</p>${this.samples ? this.preview() : nothing}`;
  }

  changed() {
    this.steps = this.samples = null;
    this.mistakes = {};
    this.update();
  }

  go(step) {
    this.step = step;
    this.error = "";
    this.update();
    if (step === 3 && this.mayChange && !this.steps) this.run();
  }

  /** Go on when what is needed in this step is there. */
  next() {
    this.mistakes = this.step === 1 ? this.missing() : {};
    if (this.step === 1 && !NEW_ID.test(this.source.id ?? "")) this.mistakes.id = _("This field is needed.");
    if (this.step === 2 && !this.source.tags.length) this.error = _("Add at least one tag.");
    else if (!Object.keys(this.mistakes).length) return this.go(this.step + 1);
    this.update();
  }

  missing() {
    const read = (path) => path.split(".").reduce((node, key) => node?.[key], this.source);
    const found = {};
    const look = (field) => {
      if (!applies(field, read) || field.path === "tags" || field.path === "id" || field.path === "protocol") return;
      if (field.kind === "group") {
        if (field.required || read(field.path) !== undefined) field.fields.forEach(look);
      } else if (field.required && read(field.path) === undefined) found[field.path] = _("This field is needed.");
    };
    this.form.fields.forEach(look);
    return found;
  }

  async run() {
    this.error = "";
    this.steps = this.samples = null;
    this.busy = _("Testing: name, port, protocol, registers, values");
    this.update();
    const ask = (kind) => post(`/api/v1/edges/${encodeURIComponent(this.edge)}/ask`, { kind, source: plain(this.source) });
    try {
      this.steps = (await ask("test")).steps;
      if (allPassed(this.steps)) this.samples = (await ask("preview")).samples;
    } catch (problem) {
      this.fail(problem);
    }
    this.busy = "";
    this.update();
  }

  async store() {
    this.error = "";
    this.busy = _("Saving");
    this.update();
    try {
      const body = { command_id: commandId(), source: this.source, ...(this.code ? { seen: this.seen } : {}) };
      this.saved = await post(this.code ? `/api/v1/sources/${encodeURIComponent(this.code)}` : "/api/v1/sources", body);
    } catch (problem) {
      this.fail(problem);
      if (problem.code === "source_changed") await this.lookAgain();
    }
    this.busy = "";
    this.update();
  }

  /** What stands now has been told of: saving again replaces it. */
  async lookAgain() {
    const answer = await get(`/api/v1/sources/${encodeURIComponent(this.code)}/configuration`).catch(() => null);
    if (answer) this.seen = answer.source;
  }

  /** Show a refusal at its field, in the step that holds the field. */
  fail(problem) {
    this.error = problemText(problem);
    const path = problem.body?.field?.replace(/^tags\.(\d+)\./, "tags[$1].");
    if (!path) return;
    this.mistakes = { [path]: mistakeText(problem) };
    this.step = path.startsWith("tags") ? 2 : 1;
  }
}

customElements.define("mes-source-flow", SourceFlow);
