// Entries that lie on this tablet, as rows of a list: unsent with their age, refused with the reason.
import { Problem } from "./api.js";
import { _ } from "./i18n.js";
import { html, icon, nothing } from "./island.js";
import { problemText } from "./refusal.js";
import { clock, elapsed, now } from "./time.js";

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
