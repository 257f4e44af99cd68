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
import { lastKnown, wallTile } from "../lib/wall-tile.js";
import { rowsOf } from "../wall/order.js";
import { Paging, capacity, density } from "../wall/paging.js";
import { prefer, preferred } from "../wall/settings.js";

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
    this.paging = new Paging();
    this.worst = preferred("order") === "worst";
    this.live = share(new Live({ site: document.documentElement.dataset.site }, this.given("tiles", [])).start());
    this.history = new History({ wall: true });
    this.live.addEventListener("change", () => this.update());
    this.history.addEventListener("change", () => this.update());
    this.stop = everySecond(this);
    this.follow();
  }

  // The footer stands outside; what is seldom needed is loaded behind the wall itself.
  follow() {
    const on = (name, act) => document.querySelector(`[data-wall=${name}]`)?.addEventListener("click", act);
    on("order", () => this.turn());
    on("page", () => (this.paging.skip(), this.update()));
    on("sound", () => this.turnSound());
    if (preferred("sound") === "on") this.turnSound();
    if ("kiosk" in this.dataset) import("../wall/display.js").then(({ stayDisplay }) => stayDisplay(this.live));
  }

  turn() {
    this.worst = !this.worst;
    prefer("order", this.worst ? "worst" : "plant");
    this.update();
  }

  // On, off; where the browser wants a tap before it sounds, the first tap is that.
  async turnSound() {
    const { Sound } = await import("../wall/sound.js");
    if (this.sound?.blocked) await this.sound.unblock();
    else if (this.sound) this.sound = this.sound.silence();
    else this.sound = new Sound();
    prefer("sound", this.sound ? "on" : "off");
    this.update();
  }

  async openCalls() {
    const { openCalls } = await import("../wall/calls-dialog.js");
    openCalls(this.live, "mayAnswer" in this.dataset);
  }

  rendered() {
    const set = (name, text, pressed) => {
      const button = document.querySelector(`[data-wall=${name}]`);
      if (!button) return;
      button.hidden = text === null;
      if (text !== null) button.querySelector("span").textContent = text;
      if (pressed !== undefined) button.setAttribute("aria-pressed", String(pressed));
    };
    const { page, pages, next } = this.shown;
    set("page", pages > 1 ? `${_("Page {n} of {all}", { n: page, all: pages })} · ${_("next in {n} s", { n: next })}` : null);
    set("order", _("Worst first"), this.worst);
    set("sound", this.sound?.blocked ? _("Tap once so that the browser lets it sound") : this.sound ? _("Sound on") : _("Sound off"), Boolean(this.sound));
    this.sound?.follow(this.live.list.some((tile) => (tile.calls ?? []).some((call) => call.state === "open")));
  }

  template() {
    const tiles = this.units.map((unit) => this.live.tiles.get(unit.code)).filter(Boolean);
    for (const tile of tiles) this.history.follow(tile);
    const rows = this.rows();
    this.fit(rows);
    this.lost = ["network", "server"].includes(linkState(this.live, tiles));
    this.classList.toggle("stale", this.lost);
    return html`${this.head(tiles)}
      <main class="lines" id="main" style="--rows:${rows.length}">${rows.map((row) => this.line(row))}</main>`;
  }

  shownOf(unit) {
    const tile = this.live.tiles.get(unit.code);
    return tile && this.lost ? lastKnown(tile) : tile;
  }

  // More rows than fit are shown page by page.
  rows() {
    const { rows, across } = capacity(innerWidth, innerHeight);
    this.shown = this.paging.of(rowsOf(this.lines, this.units, this.live.tiles, { across, worst: this.worst }), rows);
    return this.shown.rows;
  }

  // What is made for two rows of three grows smaller where there are more, the same on every page.
  fit(rows) {
    const deep = this.shown.pages > 1 ? capacity(innerWidth, innerHeight).rows : rows.length;
    const wide = Math.max(...rows.map(({ units }) => units.length), 1);
    document.documentElement.style.setProperty("--dense", density(deep, wide).toFixed(3));
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
    const opener = html`<button type="button" class="rep" data-calls @click=${() => this.openCalls()}>${open || all.length}<small> ${rest}</small></button>`;
    return figure(_("Calls"), opener, open ? "todo" : "");
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
        wallTile(unit, this.shownOf(unit), this.history.items(unit.code)),
      )}</div></section>`;
  }
}

function figure(label, value, extra = "") {
  return html`<div class=${extra}><dt>${label}</dt><dd class="num">${value}</dd></div>`;
}

customElements.define("mes-wall", Wall);
