// The tree of a source that can be browsed: opened level by level, each node with its present value.
import { post } from "../lib/api.js";
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { problemText } from "../lib/problem-text.js";
import { ageText, realAge } from "../lib/time.js";
import { Repeating } from "./every.js";
import { plain } from "./form.js";

const LIMIT = 200;

/** The levels of a tree by the path of their folder, out of the paths of its values. */
export function levelsOf({ nodes, is_complete }) {
  const levels = new Map([["", { nodes: [], is_complete }]]);
  for (const node of nodes) {
    const names = node.path.split("/");
    names.slice(0, -1).forEach((_name, depth) => {
      const path = names.slice(0, depth + 1).join("/");
      if (levels.has(path)) return;
      levels.set(path, { nodes: [], is_complete: true });
      levels.get(names.slice(0, depth).join("/")).nodes.push({ path, kind: "folder" });
    });
    levels.get(names.slice(0, -1).join("/")).nodes.push(node);
  }
  return levels;
}

/** State and drawing of the tree; `pick(tag)` takes a variable into the source. */
export class Nodes {
  search = "";
  levels = new Map();
  open = new Set();
  isWhole = false;
  found = null;
  error = "";
  busy = false;

  constructor(source, edge, pick, changed) {
    Object.assign(this, { source, edge, pick, changed });
    this.live = new Repeating(() => this.again(), changed);
  }

  async read(pattern) {
    this.busy = true;
    this.error = "";
    this.changed();
    try {
      return await post(`/api/v1/edges/${encodeURIComponent(this.edge())}/ask`, { kind: "browse", source: plain(this.source()), pattern, limit: LIMIT });
    } catch (problem) {
      this.error = problemText(problem);
      return null;
    } finally {
      this.busy = false;
      this.changed();
    }
  }

  async level(path) {
    if (this.isWhole) return path ? undefined : this.whole();
    const answer = await this.read(path ? `${path}/*` : "*");
    if (answer) this.levels.set(path, answer);
    if (answer && !path && !answer.nodes.length) await this.whole();
    this.changed();
  }

  /** All values of a source that tells no folders, such as a broker: their paths make the tree. */
  async whole() {
    const answer = await this.read("**");
    if (!answer) return;
    this.isWhole = true;
    this.levels = levelsOf(answer);
    this.changed();
  }

  /** Read what is shown once more; false: it could not be read. */
  async again() {
    if (this.found) await this.find();
    else for (const path of ["", ...this.open]) if (!this.error) await this.level(path);
    return !this.error;
  }

  async find() {
    this.found = this.search.trim() ? await this.read(this.search.includes("*") ? this.search : `**/*${this.search.trim()}*`) : null;
    this.changed();
  }

  template() {
    return html`<form class="tools" @submit=${(event) => { event.preventDefault(); this.find(); }}><div class="field"><label for="n-s">${_("Search")}</label><input class="in" id="n-s" .value=${this.search} @input=${(event) => { this.search = event.target.value; }}></div>
      <button class="btn" ?disabled=${this.busy}>${icon("search")}${_("Search")}</button>
      <button type="button" class="btn" ?disabled=${this.busy} @click=${() => this.level("")}>${icon("refresh")}${_("Browse")}</button>
      ${this.levels.size || this.found ? html`<button type="button" class="btn live" aria-pressed=${this.live.running ? "true" : "false"} @click=${() => this.live.toggle()}>${icon(this.live.running ? "stop" : "run")}${this.live.running ? _("Pause") : _("Live")}</button>` : nothing}</form>
      ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}
      ${this.found ? this.list(this.found) : this.levels.has("") ? this.list(this.levels.get("")) : nothing}`;
  }

  list(level) {
    if (!level.nodes.length) return html`<p class="muted">${_("Nothing was found.")}</p>`;
    return html`<ul class="tree">${level.nodes.map((node) => this.node(node))}</ul>${level.is_complete ? nothing : html`<p class="muted">${_("There is more: search for it.")}</p>`}`;
  }

  node(node) {
    const name = node.path.split("/").at(-1);
    if (node.kind !== "variable") {
      const open = this.open.has(node.path);
      return html`<li><button type="button" class="btn quiet" aria-expanded=${open ? "true" : "false"} @click=${() => this.toggle(node.path)}>${icon("right", open ? "turned" : "")}${name}</button>${open && this.levels.has(node.path) ? this.list(this.levels.get(node.path)) : nothing}</li>`;
    }
    const sample = node.sample;
    return html`<li class="var"><span class="mono">${name}</span><span class="muted">${node.data_type ?? ""}</span><b>${sample ? `${sample.value ?? "–"} ${node.unit ?? ""}` : "–"}</b><span>${sample ? (sample.reason ?? { good: _("Good quality"), uncertain: _("Uncertain"), bad: _("Bad") }[sample.quality]) : ""}</span><span class="muted num">${sample ? ageText(realAge(sample.source_time ?? sample.received_time)) : ""}</span>
      <button type="button" class="btn" @click=${() => this.pick({ name: name.replace(/[^A-Za-z0-9_.-]/g, "_").slice(0, 60), ...node.address, ...(node.unit ? { unit: node.unit } : {}) })}>${_("Take as tag")}<span class="sr"> ${name}</span></button></li>`;
  }

  toggle(path) {
    if (this.open.delete(path)) return this.changed();
    this.open.add(path);
    this.changed();
    return this.level(path);
  }
}
