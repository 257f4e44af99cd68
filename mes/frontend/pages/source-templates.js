// Device templates: the list, files out of it, and a file in: dry run with every mistake by line, then stored.
import { get, post } from "../lib/api.js";
import { share } from "../lib/chrome.js";
import { _, counted, language } from "../lib/i18n.js";
import { Island, html, icon, nothing } from "../lib/island.js";
import { Live } from "../lib/live.js";
import { problemText } from "../lib/problem-text.js";
import { mistakeText } from "../sources/mistakes.js";

const CHUNK = 0x8000;
const BYTES_MAX = 2 * 1024 * 1024;
const CODE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/;

class SourceTemplates extends Island {
  items = null;
  broken = [];
  protocols = [];
  file = null;
  header = { id: "", version: "1", vendor: "", model: "", protocol: "modbus" };
  duplicates = "refuse";
  found = null;
  error = "";
  busy = false;

  start() {
    share(new Live({ site: document.documentElement.dataset.site }).start());
    this.mayChange = this.given("mayChange", false);
    this.load();
  }

  async load() {
    try {
      const { items, broken } = await get("/api/v1/device-templates");
      Object.assign(this, { items, broken });
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.update();
  }

  get isList() {
    return this.file && !/\.ya?ml$/i.test(this.file.name);
  }

  async choose(file) {
    Object.assign(this, { file: null, found: null, error: "" });
    if (file && file.size > BYTES_MAX) this.error = _("The file is larger than {n} MB.", { n: BYTES_MAX / 1024 / 1024 });
    else if (file) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      let text = "";
      for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
      this.file = { name: file.name, content: btoa(text) };
      this.header.id ||= file.name.replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 60).toLowerCase();
    }
    this.update();
  }

  async send(dryRun) {
    if (this.isList && !CODE.test(this.header.id)) {
      this.error = _("Give the template an id: letters, digits, dot, hyphen, underscore.");
      return this.update();
    }
    Object.assign(this, { busy: true, error: "" });
    this.update();
    const { version, vendor, model, ...rest } = this.header;
    const header = this.isList ? { ...rest, version: Number(version), ...(vendor ? { vendor } : {}), ...(model ? { model } : {}) } : undefined;
    try {
      this.found = { ...(await post("/api/v1/device-templates/import", { ...this.file, header, on_duplicate: this.duplicates, dry_run: dryRun })), dryRun };
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.busy = false;
    if (this.found?.stored) await this.load();
    this.update();
  }

  template() {
    return html`<div class="hd"><div><h1>${_("Device templates")}</h1><p class="muted">${_("A register or node map with its meaning. A version never changes: a changed map is a new version.")}</p></div><a class="btn" href="/sources">${_("Back")}</a></div>
      ${this.error ? html`<p class="card bad" role="alert">${this.error}</p>` : nothing}
      ${this.mayChange ? this.import() : nothing}
      ${this.items ? this.list() : html`<p class="muted">${_("Loading")}</p>`}`;
  }

  import() {
    return html`<section class="card imp" aria-labelledby="h-i"><h2 id="h-i">${_("Bring in a file")}</h2>
      <p>${_("A register list (CSV from Excel, Korean or English headings) or a template (YAML).")} <a href="/api/v1/device-templates/sample.csv" download>${_("Empty list with examples")}</a></p>
      <div class="flds"><div class="field"><label for="i-f">${_("File")}</label><input class="in" id="i-f" type="file" accept=".csv,.txt,.yaml,.yml" @change=${(event) => this.choose(event.target.files[0])}></div>
        ${this.isList ? [["id", _("Template id")], ["version", _("Version")], ["vendor", _("Vendor")], ["model", _("Model")], ["protocol", _("Protocol")]].map(([key, label]) => html`<div class="field"><label for="i-${key}" class=${key === "id" ? "req" : ""}>${label}</label><input class="in" id="i-${key}" autocomplete="off" .value=${this.header[key]} @change=${(event) => { this.header[key] = event.target.value.trim(); this.found = null; this.update(); }}></div>`) : nothing}
        <div class="field"><label for="i-d">${_("When a name, a place or a version is there twice")}</label><select class="in" id="i-d" @change=${(event) => { this.duplicates = event.target.value; this.found = null; this.update(); }}>${[["refuse", _("refuse")], ["skip", _("keep the first")], ["replace", _("take the last")]].map(([value, word]) => html`<option value=${value} .selected=${value === this.duplicates}>${word}</option>`)}</select></div></div>
      ${this.found ? this.outcome() : nothing}
      <div class="tools ends"><button type="button" class="btn try" ?disabled=${!this.file || this.busy} @click=${() => this.send(true)}>${icon("search")}${_("Check only")}</button>
        <button type="button" class="btn primary keep" ?disabled=${this.busy || !this.found?.template || this.found.stored} @click=${() => this.send(false)}>${icon("save")}${_("Store template")}</button></div></section>`;
  }

  outcome() {
    const { template, tags, mistakes, skipped_lines: skipped, stored, dryRun } = this.found;
    const word = stored ? _("Stored: {name}", { name: template }) : dryRun ? _("Nothing is stored yet: {name}", { name: template ?? "" }) : _("Not stored: the one that is there stays.");
    return html`${template ? html`<p class="note" role="status">${icon(stored ? "check" : "info")}<span><b>${word}</b> · ${_("{n} tags", { n: tags })}${skipped.length ? ` · ${_("lines left out: {lines}", { lines: skipped.join(", ") })}` : ""}</span></p>` : nothing}
      ${mistakes.length ? html`<h3 role="status">${counted(mistakes.length, _("1 mistake; nothing is stored"), _("{n} mistakes; nothing is stored", { n: mistakes.length }))}</h3>
        <div class="tw" tabindex="0" role="region" aria-label=${_("Mistakes, scrolls")}><table class="mis"><thead><tr><th scope="col" class="n">${_("Line of the file")}</th><th scope="col">${_("Column")}</th><th scope="col">${_("What is wrong")}</th></tr></thead>
        <tbody>${mistakes.map((each) => html`<tr><td class="n">${each.line}</td><td class="mono">${each.field || "–"}</td><td>${mistakeText(each)} <span class="mono muted">(${each.code})</span></td></tr>`)}</tbody></table></div>` : nothing}`;
  }

  list() {
    return html`<section class="card" aria-labelledby="h-l"><h2 id="h-l">${_("{n} templates", { n: this.items.length })}</h2>
      ${this.broken.length ? html`<p class="bad">${icon("ne-fail")} ${_("These cannot be used:")} ${this.broken.map((each) => html`<span class="mono">${each.id}@${each.version}</span> (${each.mistakes[0]?.message ?? ""}) `)}</p>` : nothing}
      <div class="tw" tabindex="0" role="region" aria-label=${_("Templates, scrolls")}><table class="tpls"><thead><tr><th scope="col">${_("Name")}</th><th scope="col">${_("Vendor, model")}</th><th scope="col" class="n">${_("Version")}</th><th scope="col" class="n">${_("Tags")}</th><th scope="col">${_("Origin")}</th><th scope="col">${_("As a file")}</th></tr></thead>
      <tbody>${this.items.map((each) => html`<tr><td><b>${each.name[language]}</b><br><span class="mono muted">${each.id}</span></td><td>${each.vendor} ${each.model}</td><td class="n">${each.version}</td><td class="n">${each.tags}</td><td>${each.ships ? _("ships with the program") : _("of this plant")}</td>
        <td>${["yaml", "csv"].map((kind) => html`<a class="btn quiet" href="/api/v1/device-templates/${encodeURIComponent(each.id)}/${each.version}/file?format=${kind}" download>${kind.toUpperCase()}<span class="sr"> ${each.id}</span></a>`)}</td></tr>`)}</tbody></table></div></section>`;
  }
}

customElements.define("mes-source-templates", SourceTemplates);
