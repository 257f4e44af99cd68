// Everything that lies on this tablet: unsent with its age, refused with the reason.
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { CAPACITY } from "../lib/outbox.js";
import { refusedEntry, unsentEntry } from "../lib/own-entries.js";
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
