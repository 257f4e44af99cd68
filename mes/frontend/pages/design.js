// The design system: tiles of the wall with invented figures, drawn by the wall's own code and sheet.
import "../lib/chrome.js";
import { html, Island, nothing } from "../lib/island.js";
import { now } from "../lib/time.js";
import { wallTile } from "../lib/wall-tile.js";
import { render } from "lit/html.js";

const MINUTE = 60000;
const ago = (minutes) => new Date(now() - minutes * MINUTE).toISOString();

function tileOf(state, further) {
  return {
    state, state_since: ago(12), good: 412, target: 430, oee: 0.712, needs_reason: false, calls: [],
    shift: { start: ago(240), end: ago(-240), target: 860 },
    job: { order: "WO-1042", item: "BRKT-100", item_name: { ko: "브라켓", en: "Bracket" } }, ...further,
  };
}

const VOICES = [
  tileOf("running"),
  tileOf("setup"),
  tileOf("stopped", { needs_reason: true, unexplained: { count: 1, us: 12 * 60e6 } }),
  tileOf("unknown", { last_data_at: ago(12) }),
];

const SHIFT = [
  { start: ago(240), end: ago(150), state: "running", class: "running" },
  { start: ago(150), end: ago(110), state: "setup", class: "setup" },
  { start: ago(110), end: ago(12), state: "running", class: "running" },
];

class DesignTiles extends Island {
  // The sheet of the wall stays inside; the sprite comes along, as `use` looks no further.
  start() {
    this.inside = this.attachShadow({ mode: "open" });
    this.inside.append(document.querySelector(".sprite").cloneNode(true));
    this.themes = new MutationObserver(() => this.draw());
    this.themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.place = this.inside.appendChild(document.createElement("div"));
    this.draw();
  }

  stop() {
    this.themes.disconnect();
  }

  draw() {
    render(html`<link rel="stylesheet" href=${this.dataset.sheet}>
      <div class="voices" inert data-theme=${document.documentElement.dataset.theme}>${VOICES.map((tile, n) => wallTile({ code: `press-${n + 1}`, name: `Press ${n + 1}` }, tile, SHIFT))}</div>`, this.place);
  }

  template() {
    return nothing;
  }
}

customElements.define("mes-design-tiles", DesignTiles);
