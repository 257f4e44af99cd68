// Head of terminal and job list: machine, person, link and unsent count, clock, language.
import { offersCamera } from "../camera/offer.js";
import { _, language, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { linkText } from "../lib/link.js";
import { ageText, realAge } from "../lib/time.js";

export function linkBox(host) {
  const { outbox } = host;
  const [unsent, refused] = [outbox.unsent.length, outbox.refused.length];
  const ok = host.link === "ok";
  const age = host.tile ? realAge(host.tile.covered_until ?? host.tile.last_data_at) : null;
  return html`<div class="lk"><span class="lks ${ok ? "" : "off"}">${icon(ok ? "link" : "unlink")}
      <span>${linkText(host.link)}${age !== null ? ` · ${_("{age} ago", { age: ageText(age) })}` : ""}</span></span>
    <button type="button" class="lks ob ${unsent || refused || !outbox.durable ? "off" : ""}" @click=${() => host.openOutbox()}>${icon("queue")}<span>${_("{n} unsent", { n: unsent })}${refused ? html` · <b class="bad">${_("{n} refused", { n: refused })}</b>` : ""}${outbox.durable ? "" : ` · ${_("not stored")}`}</span></button></div>`;
}

export function languageSwitch() {
  const here = encodeURIComponent(location.pathname + location.search);
  const one = (code, label) => html`<a href="/language/${code}?next=${here}" lang=${code} aria-current=${language === code ? "true" : nothing}>${label}</a>`;
  return html`<nav class="seg tap" aria-label=${_("Language")}>${one("ko", "한국어")}${one("en", "EN")}</nav>`;
}

export function themeSwitch() {
  return html`<button type="button" class="btn tap quiet theme" data-toggle-theme aria-label=${_("Light, dark or high contrast")}>${icon("sun")}</button>`;
}

export function cameraButton(host) {
  if (!offersCamera()) return nothing;
  return html`<button type="button" class="btn tap quiet cam" aria-label=${_("Scan with the camera")} @click=${() => host.openCamera()}>${icon("scan")}</button>`;
}

export function terminalHead(terminal) {
  const { shift, crew } = terminal.tile ?? {};
  const place = [terminal.line && nameOf(terminal.line.name), shift && nameOf(shift.name, shift.code), crew && nameOf(crew.name, crew.code)].filter(Boolean).join(" · ");
  return html`<header class="ot"><div class="who"><b class="mc">${nameOf(terminal.unit.name, terminal.unit.code)}</b><span>${place}</span></div>
    <button type="button" class="btn tap" @click=${() => terminal.openSignIn()}>${icon("user")}<span>${terminal.person?.name ?? _("Sign in")}</span></button>
    ${linkBox(terminal)}<mes-clock class="clk"></mes-clock>${cameraButton(terminal)}${themeSwitch()}${languageSwitch()}</header>`;
}
