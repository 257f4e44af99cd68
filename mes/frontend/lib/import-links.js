// Where what a page shows can be imported from a spreadsheet, for readers who may.
import { _ } from "./i18n.js";
import { html, icon, nothing } from "./island.js";

/** Links to the template and to the import of a kind; nothing unless the page says `data-import`. */
export function importLinks(page, kind) {
  if (!("import" in page.dataset)) return nothing;
  return html`<a class="btn" href=${`/import/${kind}/template.xlsx`}>${icon("down-load")}<span>${_("Import template")}</span></a>
    <a class="btn" href=${`/import/${kind}`}>${icon("sheet")}<span>${_("Import")}</span></a>`;
}
