// What every page has: theme switch, clock, data age, the banner that names the broken link.
import { Island, everySecond, html, icon, nothing } from "./island.js";
import { clock, now } from "./time.js";
import { keepForms } from "./form-draft.js";
import "./menu.js";
import { dataAge, linkHelp, linkState, linkText } from "./link.js";

/** The page's live connection; islands of one page share it. */
export const shared = { live: null };

export function share(live) {
  shared.live = live;
  const refresh = () => {
    for (const element of document.querySelectorAll("mes-age, mes-linkbar")) element.update();
  };
  live.addEventListener("change", refresh);
  refresh();
  return live;
}

class Clock extends Island {
  start() {
    this.stop = everySecond(this);
  }

  template() {
    return html`<b class="num">${clock(now())}</b>`;
  }
}

class Age extends Island {
  start() {
    this.stop = everySecond(this);
  }

  template() {
    const { live } = shared;
    if (!live) return nothing;
    const state = linkState(live, live.list);
    return html`<span class="age ${state === "ok" ? "" : "off"}">${icon(state === "ok" ? "link" : "unlink")}
      <span>${state === "ok" ? dataAge(live.list) : linkText(state)}</span></span>`;
  }
}

class Linkbar extends Island {
  start() {
    this.stop = everySecond(this);
  }

  template() {
    const { live } = shared;
    const state = live ? linkState(live, live.list) : "ok";
    if (state === "ok") return nothing;
    return html`<div class="linkbar noprint" role="status">${icon("unlink")}<b>${linkText(state)}</b>
      <span>${linkHelp(state, Boolean(document.querySelector("mes-terminal, mes-jobs")))}</span></div>`;
  }
}

customElements.define("mes-clock", Clock);
customElements.define("mes-age", Age);
customElements.define("mes-linkbar", Linkbar);

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-toggle-theme]")) toggleTheme();
  if (event.target.closest("[data-print]")) print();
});

const NEXT_THEME = { light: "dark", dark: "contrast", contrast: "light" };

// Whoever asked the system for more contrast gets it until a theme is chosen.
if (!document.cookie.includes("theme=") && matchMedia("(prefers-contrast: more)").matches) {
  document.documentElement.dataset.theme = "contrast";
}

function toggleTheme() {
  const root = document.documentElement;
  root.dataset.theme = NEXT_THEME[root.dataset.theme] ?? "light";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
}

keepForms();
