// Everything that lies on this tablet: unsent with its age, refused with the reason.
import { Problem } from "../lib/api.js";
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { CAPACITY } from "../lib/outbox.js";
import { problemText } from "../lib/problem-text.js";
import { clock, elapsed, now } from "../lib/time.js";
import { head } from "./parts.js";

export class OutboxDialog {
  constructor(host) {
    this.host = host;
  }

  template() {
    const { host } = this;
    const { outbox } = host;
    const said = _("{unsent} unsent, {refused} refused, at most {most} are kept", { unsent: outbox.unsent.length, refused: outbox.refused.length, most: CAPACITY });
    return html`<div class="dlg dl">${head(_("On this tablet"), said, () => host.closeDialog(), _("Close"), this.sendAll())}
      <ul class="stops" tabindex="0" aria-label=${_("On this tablet")}>
        ${outbox.durable ? nothing : html`<li class="offer changed" role="alert">${icon("info")}<b>${_("This browser stores nothing: entries are lost when the page is closed. Open the terminal in a normal window.")}</b></li>`}
        ${keepsPage() ? nothing : html`<li class="hint left">${_("Plain HTTP: do not reload this page while there is no network. Entries stay, the page does not.")}</li>`}
        ${outbox.entries.map((entry) => (entry.problem ? refusedEntry(host, entry) : unsentEntry(host, entry)))}
        ${outbox.entries.length ? nothing : html`<li class="muted">${_("Everything has arrived at the server.")}</li>`}</ul></div>`;
  }

  sendAll() {
    const { outbox } = this.host;
    if (!outbox.unsent.length) return nothing;
    return html`<button type="button" class="btn tap" @click=${() => outbox.retry()}>${icon("refresh")}<span>${_("Send now")}</span></button>`;
  }
}

/** Whether the page itself survives a reload without network: only HTTPS has what it takes. */
export function keepsPage() {
  return "serviceWorker" in navigator;
}

/** When an entry was typed, in plant time. */
export const typedAt = (host, entry) => entry.typed ?? host.deviceTime(entry.made);

export function unsentEntry(host, entry) {
  const waits = host.outbox.waiting.includes(entry);
  const age = _("{age} old", { age: elapsed(Math.max(0, now() - typedAt(host, entry))) });
  return html`<li class="ent"><span class="num t">${clock(typedAt(host, entry))}</span>${icon("queue")}
    <span class="x"><span>${entry.label} <em class="q">${_("Unsent")}</em></span><small>${waits ? _("Waits until somebody signs in.") : age}</small></span>
    ${host.mayUndo(entry) ? html`<button type="button" class="btn tap undo" @click=${() => host.undoUnsent(entry)}>${icon("undo")}<span>${_("Undo")}</span></button>` : nothing}</li>`;
}

export function refusedEntry(host, entry) {
  const text = problemText(new Problem(entry.problem.status, entry.problem.body));
  return html`<li class="ent refused"><span class="num t">${clock(typedAt(host, entry))}</span>${icon("info")}
    <span class="x"><span>${entry.label} <em class="q bad">${_("Refused")}</em></span><small>${text} <span class="mono">${entry.problem.code}</span></small></span>
    ${entry.form && host.mend ? html`<button type="button" class="btn tap undo" @click=${() => host.mend(entry)}>${_("Mend")}</button>` : nothing}
    <button type="button" class="btn tap undo" @click=${() => host.outbox.again(entry.id)}>${icon("refresh")}<span>${_("Send again")}</span></button>
    <button type="button" class="btn tap undo" aria-label=${_("Throw away {what}", { what: entry.label })} @click=${() => host.throwAway(entry)}>${icon("trash")}</button></li>`;
}
