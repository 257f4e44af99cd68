// Sources: worst first, with NE 107 class, reason, what to do, and the last values of one source.
import { share } from "../lib/chrome.js";
import { get } from "../lib/api.js";
import { problemText } from "../lib/problem-text.js";
import { count } from "../lib/format.js";
import { _, counted, nameOf } from "../lib/i18n.js";
import { Island, html, icon, nothing } from "../lib/island.js";
import { listFiles } from "../lib/list-files.js";
import { Live } from "../lib/live.js";
import { RANK, classIcon, classOf, classWord, edgeSilent, helpText, reasonText, valueAge } from "../lib/source-class.js";
import { ageText } from "../lib/time.js";
import { Revisions } from "../sources/revisions.js";
import { figuresOf } from "../sources/figures.js";
import { runningMark } from "../sources/running.js";
import { valuesOf } from "../sources/values.js";

const REFRESH_MS = 3000;

class Sources extends Island {
  sources = null;
  selected = null;
  error = "";
  broken = [];
  #before = new Map();
  rates = new Map();

  start() {
    this.units = this.given("units", []);
    this.mayChange = this.given("mayChange", false);
    this.revisions = new Revisions(() => this.update());
    this.live = share(new Live({ site: document.documentElement.dataset.site }).start());
    this.read();
    this.lookForBroken();
    const timer = setInterval(() => this.read(), REFRESH_MS);
    this.stop = () => clearInterval(timer);
  }

  async read() {
    if (document.hidden) return;
    try {
      const answer = await get("/api/v1/sources");
      this.sources = (answer.items ?? []).toSorted((a, b) => RANK[classOf(a, this.live.edges)] - RANK[classOf(b, this.live.edges)]);
      for (const source of this.sources) this.rate(source);
      this.error = "";
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.update();
  }

  async lookForBroken() {
    const { items } = await get("/api/v1/connectors");
    this.broken = items.filter((each) => each.problem);
    this.update();
  }

  // Values a second between two readings of the page.
  rate(source) {
    const values = source.counters?.values;
    const last = this.#before.get(source.source);
    const at = performance.now();
    if (last && Number.isFinite(values) && at > last.at) {
      this.rates.set(source.source, Math.max(0, values - last.values) / ((at - last.at) / 1000));
    }
    if (Number.isFinite(values)) this.#before.set(source.source, { values, at });
  }

  template() {
    const sources = this.sources ?? [];
    const chosen = sources.find((source) => source.source === this.selected) ?? sources[0];
    return html`<div class="hd"><div><h1>${_("Sources")}</h1><p class="muted">${_("Read only. Writing to a machine needs an allow-list entry.")}</p></div>
        <div class="edges">${this.edges(sources)}${listFiles("/sources")}${this.mayChange ? html`<a class="btn" href="/sources/templates">${_("Templates")}</a><a class="btn primary add" href="/sources/new">${icon("plus")}${_("Add device")}</a>` : nothing}</div></div>
      ${this.error ? html`<p class="card" role="alert">${this.error}</p>` : nothing}
      ${this.broken.length ? html`<section class="card brk" aria-labelledby="s0"><h2 id="s0">${icon("ne-fail")} ${_("Broken connectors")}</h2><ul>${this.broken.map((each) => html`<li><b class="mono">${each.name}</b> <span class="muted">${each.package ?? ""}</span><br>${each.problem}</li>`)}</ul><p class="muted">${_("Install a version of the package that fits this program; sources of other protocols are not touched.")}</p></section>` : nothing}
      <section class="card" aria-labelledby="s1"><h2 id="s1">${counted(sources.length, _("1 source"), _("{n} sources, worst first", { n: sources.length }))}</h2>
        ${this.sources === null ? html`<p class="muted">${_("Loading")}</p>` : sources.length ? this.table(sources, chosen) : html`<p class="muted">${_("No source yet. Add a device here, or apply a plant file.")}</p>`}</section>
      ${chosen ? html`${valuesOf(chosen)}${figuresOf(chosen)}` : nothing}
      ${this.mayChange ? this.revisions.template() : nothing}`;
  }

  edges(sources) {
    const byEdge = new Map(sources.map((source) => [source.edge, source]));
    return [...byEdge.values()].map((source) => {
      const silent = edgeSilent(source, this.live.edges);
      return html`<span class="proc ${silent ? "off" : ""}">${icon(silent ? "unlink" : "link")}<b>${silent ? _("Collector silent") : _("Collector running")}</b><span class="num">${source.edge}</span></span>`;
    });
  }

  table(sources, chosen) {
    return html`<div class="tw" tabindex="0" role="region" aria-label=${_("Sources, scrolls sideways")}><table class="src"><thead><tr><th scope="col">${_("Status")}</th><th scope="col">${_("Name")}</th><th scope="col"><span class="sr">${_("Action")}</span></th><th scope="col">${_("Protocol, address")}</th>
      <th scope="col">${_("Reason and what to do")}</th><th scope="col" class="n">${_("Last value")}</th><th scope="col" class="n">${_("Values/s")}</th><th scope="col" class="n">${_("Errors")}</th><th scope="col" class="n">${_("Reconnects")}</th><th scope="col" class="n">${_("Round trip p50 / p99")}</th></tr></thead>
      <tbody>${sources.map((source) => this.row(source, source === chosen))}</tbody></table></div>`;
  }

  row(source, chosen) {
    const kind = classOf(source, this.live.edges);
    const machines = (source.work_units ?? []).map((code) => nameOf(this.units.find((unit) => unit.code === code)?.name, code)).join(", ");
    const rate = this.rates.get(source.source);
    return html`<tr class=${kind === "fail" ? "k-fail" : ""}><td><span class="ne ne-${kind}">${icon(classIcon(kind))}<span>${classWord(kind)}</span></span></td>
      <td><a class="open mono" href="/sources/${encodeURIComponent(source.source)}">${source.source}</a><br><span class="muted">${machines || "–"}</span><br>${runningMark(source)}</td>
      <td><button type="button" class="btn" aria-pressed=${chosen ? "true" : "false"} @click=${() => { this.selected = source.source; this.update(); }}>${_("Values")}<span class="sr"> ${source.source}</span></button></td>
      <td>${protocolName(source.protocol)}<br><span class="mono muted">${source.address ?? ""}</span></td>
      <td class="rs"><b>${reasonText(source, this.live.edges)}</b>${source.reason ? html` <span class="mono muted">(${source.reason})</span>` : nothing}
        ${helpText(source, this.live.edges) ? html`<br>${icon("right")} ${helpText(source, this.live.edges)}` : nothing}
        ${source.detail ? html`<br><span class="muted">${source.detail}</span>` : nothing}</td>
      <td class="n">${ageText(valueAge(source))}</td><td class="n">${rate === undefined ? "–" : rate.toFixed(1)}</td><td class="n">${count(source.counters?.errors)}</td><td class="n">${count(source.counters?.reconnects)}</td><td class="n">${roundTrip(source.counters)}</td></tr>`;
  }
}

/** Time between request and reply of half, and of 99 of 100 requests. */
function roundTrip(counters) {
  const times = [counters?.round_trip_p50_ms, counters?.round_trip_p99_ms];
  return times.every(Number.isFinite) ? `${times.map((time) => time.toFixed(1)).join(" / ")} ms` : "–";
}

function protocolName(protocol) {
  return { modbus: "Modbus", mqtt: "MQTT", opcua: "OPC UA", replay: "CSV" }[protocol] ?? protocol;
}

customElements.define("mes-sources", Sources);
