// The one modal sheet of a page: shows the dialog of its host, which may be none.
import { html, nothing } from "./island.js";

export function sheet(host) {
  return html`<dialog class="sheet" @cancel=${(event) => { event.preventDefault(); host.closeDialog(); }}>${host.dialog ? host.dialog.template() : nothing}</dialog>`;
}

/** Open or close the sheet of `host` as its dialog says; after each rendering. */
export function syncSheet(host) {
  const found = host.querySelector("dialog.sheet");
  if (!found) return;
  if (host.dialog && !found.open) found.showModal();
  if (!host.dialog && found.open) found.close();
}
