// Parts shared by the dialogs of the terminal.
import { _, nameOf, otherName } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";

export function head(title, subtitle, close, closeLabel = _("Close"), middle = nothing) {
  return html`<header><div><h2>${title}</h2><p class="num">${subtitle}</p></div>${middle}
    <button type="button" class="btn tap" @click=${close}>${icon("close")}<span>${closeLabel}</span></button></header>`;
}

export function foot(note, label, enabled, submit) {
  return html`<footer><p class="muted">${note}</p>
    <button type="button" class="btn tap main primary" ?disabled=${!enabled} @click=${submit}>${icon("check")}<span>${label}</span></button></footer>`;
}

/** A tile to choose; the name of the other language stands small below. */
export function choice(names, selected, choose, extra = {}) {
  return html`<button type="button" class="rt" aria-pressed=${selected ? "true" : "false"} @click=${choose}>
    ${extra.icon ? icon(extra.icon) : nothing}
    <span><b>${nameOf(names)}</b><small>${[otherName(names), extra.note].filter(Boolean).join(" · ")}</small></span>
    ${icon("check", "ck")}</button>`;
}
