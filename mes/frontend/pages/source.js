// One source: link and counters, values, registers or tree, meaning of tags, frames, file for support.
import { get, post } from "../lib/api.js";
import { share } from "../lib/chrome.js";
import { _ } from "../lib/i18n.js";
import { Island, html, icon, nothing } from "../lib/island.js";
import { listFiles } from "../lib/list-files.js";
import { Live } from "../lib/live.js";
import { commandId } from "../lib/outbox.js";
import { problemText } from "../lib/problem-text.js";
import { classIcon, classOf, classWord, helpText, reasonText } from "../lib/source-class.js";
import { figuresOf } from "../sources/figures.js";
import { Frames } from "../sources/frames.js";
import { Nodes } from "../sources/nodes.js";
import { Past } from "../sources/past.js";
import { Registers } from "../sources/registers.js";
import { Revisions } from "../sources/revisions.js";
import { runningTemplate } from "../sources/running.js";
import { Signals } from "../sources/signals.js";
import { Templated } from "../sources/templated.js";
import { valuesOf } from "../sources/values.js";
import { Writes } from "../sources/writes.js";

const REFRESH_MS = 3000;

class SourcePage extends Island {
  link = null;
  present = new Map();
  configuration = null;
  forms = [];
  signals = {};
  error = "";

  start() {
    this.code = this.given("code");
    this.mayChange = this.given("mayChange", false);
    const changed = () => this.update();
    const parts = [() => this.configuration.source, () => this.configuration.edge, (tag) => this.take(tag), changed];
    this.live = share(new Live({ site: document.documentElement.dataset.site }).start());
    this.registers = new Registers(parts[0], parts[1], () => this.form.register_areas, parts[2], changed);
    this.nodes = new Nodes(...parts);
    this.frames = new Frames(this.code, changed);
    this.revisions = new Revisions(changed);
    this.templated = new Templated(this.code, () => this.load(), changed);
    this.writes = new Writes(this.code, this.given("roles", []), (path) => this.present.get(path), changed);
    this.past = new Past(this.code, () => this.can("history"), () => this.link?.counters, changed);
    this.meanings = new Signals(this.code, this.given("units", []), changed);
    this.load();
    const timer = setInterval(() => this.read(), REFRESH_MS);
    this.stop = () => { clearInterval(timer); this.frames.stop(); this.registers.live.stop(); this.nodes.live.stop(); };
  }

  async load() {
    try {
      const [configuration, forms, signals, reasons] = await Promise.all([get(`/api/v1/sources/${encodeURIComponent(this.code)}/configuration`), get("/api/v1/source-forms"), get("/api/v1/signals"), get("/api/v1/reasons?domain=stop")]);
      this.meanings.reasons = reasons.items.filter((reason) => reason.selectable);
      Object.assign(this, { configuration, forms: forms.items, signals: signals.items });
      await Promise.all([this.read(), this.templated.read(), this.writes.read(), this.past.read()]);
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.update();
  }

  async read() {
    if (document.hidden) return;
    try {
      const { items } = await get("/api/v1/sources");
      this.link = items.find((source) => source.source === this.code) ?? null;
      this.present = new Map(items.flatMap((source) => source.values.map((value) => [`${source.source}/${value.tag}`, value.value])));
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.update();
  }

  /** What the connector says of itself; undefined where it is not installed here. */
  get form() {
    return this.forms.find((form) => form.protocol === this.configuration.source.protocol);
  }

  can(capability) {
    return this.form?.capabilities.includes(capability);
  }

  /** Go on in the flow with a tag that was picked here. */
  take(tag) {
    sessionStorage.setItem(`tag:${this.code}`, JSON.stringify(tag));
    location.assign(`/sources/${encodeURIComponent(this.code)}/change`);
  }

  async remove() {
    this.error = "";
    try {
      await post(`/api/v1/sources/${encodeURIComponent(this.code)}/remove`, { command_id: commandId() });
      location.assign("/sources");
    } catch (problem) {
      this.error = problemText(problem);
      this.update();
    }
  }

  template() {
    return html`<div class="hd"><div><h1 class="mono">${this.code}</h1><p class="muted">${this.link?.address ?? ""}</p></div><a class="btn" href="/sources">${_("Back")}</a>${listFiles(`/sources/${encodeURIComponent(this.code)}`)}
        ${this.mayChange ? html`<a class="btn primary" href="/sources/${encodeURIComponent(this.code)}/change">${_("Change")}</a><a class="btn" href="/api/v1/sources/${encodeURIComponent(this.code)}/diagnostics" download>${icon("down-load")}${_("Diagnostics file")}</a><a class="btn" href="/api/v1/sources/${encodeURIComponent(this.code)}/template-file" download>${icon("down-load")}${_("As template")}</a>` : nothing}</div>
      ${this.error ? html`<p class="card bad" role="alert">${this.error}</p>` : nothing}
      ${this.configuration ? this.cards() : this.error ? nothing : html`<p class="muted">${_("Loading")}</p>`}`;
  }

  cards() {
    const source = this.configuration.source;
    return html`${this.link ? this.state() : nothing}${this.link ? valuesOf(this.link) : nothing}${this.running()}${this.templated.template(this.mayChange)}${this.writes.template()}${this.past.template()}
      ${this.mayChange ? html`
        ${this.can("registers") && this.form.register_areas.length ? html`<section class="card" aria-labelledby="h-r"><h2 id="h-r">${_("Registers")}</h2>${this.registers.template()}</section>` : nothing}
        ${this.can("browse") ? html`<section class="card" aria-labelledby="h-n"><h2 id="h-n">${_("What the source offers")}</h2>${this.nodes.template()}</section>` : nothing}
        <section class="card" aria-labelledby="h-g"><h2 id="h-g">${_("Meaning of tags")}</h2>${this.meanings.template(this.signals, source.tags, this.present)}</section>
        ${this.can("frames") ? html`<section class="card" aria-labelledby="h-f"><h2 id="h-f">${_("Raw frames")}</h2>${this.frames.template()}</section>` : nothing}
        <details class="card"><summary>${_("Remove source")}</summary><p>${_("What it delivered stays. Tags with a meaning must lose it first.")}</p><button type="button" class="btn remove" @click=${() => this.remove()}>${icon("trash")}${_("Remove source")}</button></details>` : nothing}`;
  }

  state() {
    const kind = classOf(this.link, this.live.edges);
    const help = helpText(this.link, this.live.edges);
    return html`<section class="card" aria-labelledby="h-s"><h2 id="h-s">${_("Link")}</h2><p class="lnk"><span class="ne ne-${kind}">${icon(classIcon(kind))}<span>${classWord(kind)}</span></span> <b>${reasonText(this.link, this.live.edges)}</b> ${this.link.reason ? html`<span class="mono muted">(${this.link.reason})</span>` : nothing}</p>
      ${help ? html`<p>${icon("right")} ${help}</p>` : nothing}${this.link.detail ? html`<p class="muted">${this.link.detail}</p>` : nothing}</section>`;
  }

  running() {
    if (!this.link) return nothing;
    return html`<section class="card" aria-labelledby="h-c"><h2 id="h-c">${_("Configuration")}</h2>${runningTemplate(this.link)}</section>
      ${this.mayChange ? this.revisions.template() : nothing}${figuresOf(this.link)}`;
  }
}

customElements.define("mes-source", SourcePage);
