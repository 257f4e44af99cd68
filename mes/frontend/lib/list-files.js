// The files of what a list shows, under the same conditions; pages of the server have the same two.
import { _ } from "./i18n.js";
import { html, icon } from "./island.js";

/** `path` without its ending; `query`: conditions as an object. */
export function listFiles(path, query = {}) {
  const given = new URLSearchParams(query).toString();
  const address = (kind) => `${path}.${kind}${given ? `?${given}` : ""}`;
  return html`<a class="btn noprint" href=${address("csv")}>${icon("sheet")}<span>CSV</span></a><a class="btn noprint" href=${address("xlsx")}>${icon("sheet")}<span>${_("Excel")}</span></a>`;
}
