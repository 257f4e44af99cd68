// The tags of a source as cards of fields: few by default, the rest folded away; nothing is lost.
import { _ } from "../lib/i18n.js";
import { html, icon } from "../lib/island.js";
import { fieldOf } from "./form.js";

const FIRST = ["name", "table", "address", "type", "order", "node", "topic", "path", "metric", "scale", "unit"];

/** Editor of `source.tags`; `mistakes` by path such as `tags[0].order`. */
export function tagsForm(form, source, mistakes, changed) {
  const fields = form.fields.find((field) => field.path === "tags")?.fields ?? [];
  const short = (field) => field.path.slice("tags.".length);
  const first = FIRST.map((name) => fields.find((field) => short(field) === name)).filter(Boolean);
  const rest = fields.filter((field) => !first.includes(field));
  return html`<ul class="tagl">${(source.tags ?? []).map((tag, index) => {
    const read = (path) => path.slice("tags.".length).split(".").reduce((node, key) => node?.[key], tag);
    const write = (path, value) => {
      const keys = path.slice("tags.".length).split(".");
      const last = keys.pop();
      const node = keys.reduce((inner, key) => (inner[key] ??= {}), tag);
      if (value === undefined) delete node[last];
      else node[last] = value;
      changed();
    };
    const own = Object.fromEntries(Object.entries(mistakes).filter(([path]) => path.startsWith(`tags[${index}].`)).map(([path, text]) => [`tags.${path.slice(`tags[${index}].`.length)}`, text]));
    const one = (field) => fieldOf(field, read, write, own, `t${index}-`);
    return html`<li class="tag"><div class="flds">${first.map(one)}</div>
      <details class="fold"><summary>${_("More settings")} <span class="sr">${tag.name ?? index + 1}</span></summary><div class="flds">${rest.map(one)}</div></details>
      <button type="button" class="btn quiet" @click=${() => { source.tags.splice(index, 1); changed(); }}>${_("Remove tag")} ${tag.name ?? ""}</button></li>`;
  })}</ul>
  <button type="button" class="btn addtag" @click=${() => { source.tags = [...(source.tags ?? []), following(source.tags?.at(-1))]; changed(); }}>${icon("plus")}${_("Add tag")}</button>`;
}

/** A new tag like the one before, at the next address. */
function following(last) {
  if (!last || last.address === undefined) return {};
  const width = /64/.test(last.type) ? 4 : /32/.test(last.type) ? 2 : 1;
  return { table: last.table, address: last.address + width, type: last.type, ...(last.order ? { order: last.order } : {}) };
}
