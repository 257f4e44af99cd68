// A1, the plant overview: one tile per machine in four voices, lines with OEE, header strip.
import { share } from "../lib/chrome.js";
import { combinedOee, gapMinutes, runningCount, unexplained } from "../lib/figures.js";
import { percent, signClass, signed } from "../lib/format.js";
import { History } from "../lib/history.js";
import { _, counted, nameOf } from "../lib/i18n.js";
import { Island, everySecond, html, icon, nothing } from "../lib/island.js";
import { linkState } from "../lib/link.js";
import { Live } from "../lib/live.js";
import { day, now } from "../lib/time.js";
import { wallTile } from "../lib/wall-tile.js";

const PAGE_SECONDS = 20;

// The machine whose figure is the line's, where it is one of several.
function figureOf(tiles) {
  const counted = tiles.filter((tile) => tile.in_line_figure);
  return counted.length === 1 && tiles.length > 1 ? html`<small>${nameOf(counted[0].name, counted[0].work_unit)}</small>` : nothing;
}

// Who is on shift; the machines of a line share their calendar.
function crewOf(tiles) {
  const crew = tiles.find((tile) => tile.crew)?.crew;
  return crew ? html`<small class="onsh">${icon("people")}${nameOf(crew.name, crew.code)}</small>` : nothing;
}

class Wall extends Island {
  start() {
    this.lines = this.given("lines", []);
    this.units = this.given("units", []);
    this.live = share(new Live({ site: document.documentElement.dataset.site }, this.given("tiles", [])).start());
    this.history = new History({ wall: true });
    this.live.addEventListener("change", () => this.update());
    this.history.addEventListener("change", () => this.update());
    this.stop = everySecond(this);
  }

  template() {
    const tiles = this.units.map((unit) => this.live.tiles.get(unit.code)).filter(Boolean);
    for (const tile of tiles) this.history.follow(tile);
    const rows = this.rows();
    this.classList.toggle("stale", ["network", "server"].includes(linkState(this.live, tiles)));
    return html`${this.head(tiles)}
      <main class="lines" id="main" style="--rows:${rows.length}">${rows.map((row) => this.line(row))}</main>`;
  }

  // Lines cut into rows of at most four tiles; more rows than fit are shown page by page.
  rows() {
    const portrait = innerHeight > innerWidth;
    const across = portrait ? 3 : 4;
    const rows = this.lines.flatMap((line) => {
      const units = this.units.filter((unit) => unit.line === line.code);
      const cut = [];
      for (let i = 0; i < units.length; i += across) cut.push({ line, units: units.slice(i, i + across), all: units });
      return cut;
    });
    const perPage = 3;
    const pages = Math.max(1, Math.ceil(rows.length / perPage));
    const page = Math.floor(performance.now() / 1000 / PAGE_SECONDS) % pages;
    return rows.slice(page * perPage, page * perPage + perPage);
  }

  head(tiles) {
    const open = unexplained(tiles);
    const gap = gapMinutes(tiles);
    const shift = tiles.find((tile) => tile.shift)?.shift;
    return html`<header class="oh"><div><h1>${this.dataset.siteName}</h1>
        <p>${shift ? `${day(`${shift.day}T12:00:00Z`)} ${nameOf(shift.name, shift.code)}` : day(now())}</p></div>
      <dl class="kp">
        ${figure(_("Running"), html`${runningCount(tiles)}<small> / ${this.units.length}</small>`)}
        ${figure(_("OEE so far"), html`<a class="rep" href="/report">${percent(combinedOee(tiles))}<small> %</small></a>`)}
        ${figure(_("Gap to target"), html`<span class=${signClass(gap)}>${signed(gap)}</span><small> ${_("min")}</small>`)}
        ${figure(_("No reason yet"), html`${open.minutes}<small> ${counted(open.count, _("min · 1 stop"), _("min · {n} stops", { n: open.count }))}</small>`, open.count ? "todo" : "")}
        ${this.calls(tiles)}
      </dl>
      <div class="ck"><mes-clock class="clock"></mes-clock><mes-age></mes-age></div></header>`;
  }

  // How many calls nobody has answered, of all; else how many are on their way.
  calls(tiles) {
    const all = tiles.flatMap((tile) => tile.calls ?? []);
    const open = all.filter((call) => call.state === "open").length;
    const rest = open ? `/ ${all.length}` : all.length ? _("ack.") : "";
    return figure(_("Calls"), html`${open || all.length}<small> ${rest}</small>`, open ? "todo" : "");
  }

  line({ line, units, all }) {
    const tiles = all.map((unit) => this.live.tiles.get(unit.code)).filter(Boolean);
    const gap = gapMinutes(tiles);
    return html`<section class="line" aria-label=${nameOf(line.name, line.code)}>
      <div class="lh"><h2>${nameOf(line.name, line.code)}${crewOf(tiles)}</h2>
        <dl>
          <div><dt>OEE${figureOf(tiles)}</dt><dd class="big num"><a class="rep" href="/report?place=${line.code}">${percent(combinedOee(tiles))}<small> %</small></a></dd></div>
          <div><dt>${_("Gap to target")}</dt><dd class="num ${signClass(gap)}">${signed(gap)} <small>${_("min")}</small></dd></div>
          <div><dt>${_("Running")}</dt><dd class="num">${runningCount(tiles)} / ${all.length}</dd></div>
        </dl></div>
      <div class="tiles" style="--across:${Math.max(3, units.length)}">${units.map((unit) =>
        wallTile(unit, this.live.tiles.get(unit.code), this.history.items(unit.code)),
      )}</div></section>`;
  }
}

function figure(label, value, extra = "") {
  return html`<div class=${extra}><dt>${label}</dt><dd class="num">${value}</dd></div>`;
}

customElements.define("mes-wall", Wall);
