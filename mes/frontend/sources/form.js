// The form of a source, drawn from the description that the connector gives (`/api/v1/source-forms`).
import { _, language } from "../lib/i18n.js";
import { html, nothing } from "../lib/island.js";

const OWN = new Set(["id", "protocol", "tags"]);
const AS_JSON = new Set(["list", "table", "value"]);

// What decides about other fields comes first, then what is needed.
const byNeed = (a, b) => rank(a) - rank(b);
const rank = (field) => (field.required ? (field.kind === "choice" ? 0 : 1) : 2);

/** The value at a dotted path of an object; undefined where there is none. */
export function at(object, path) {
  return path.split(".").reduce((node, key) => node?.[key], object);
}

/** Put a value at a dotted path; undefined takes the key away. */
export function put(object, path, value) {
  const keys = path.split(".");
  const last = keys.pop();
  const node = keys.reduce((inner, key) => (inner[key] ??= {}), object);
  if (value === undefined) delete node[last];
  else node[last] = value;
}

/** The source as its connector knows it: without the name of the template that it came from. */
export function plain(source) {
  const { template, ...rest } = source;
  return rest;
}

export const titleOf = (field) => field.title?.[language] || field.title?.en || field.path.split(".").at(-1);

/** Whether the field exists with what is chosen so far. */
export function applies(field, read) {
  return Object.entries(field.only_with ?? {}).every(([path, values]) => values.includes(read(path)));
}

/** The fields of a source without its tags: what is needed first, the rest folded away. */
export function sourceForm(form, source, mistakes, changed) {
  const fields = form.fields.filter((field) => !OWN.has(field.path));
  const isShown = (field) => field.required || field.kind === "group" || ["unit", "endpoint"].includes(field.path);
  const one = (field) => fieldOf(field, (path) => at(source, path), (path, value) => { put(source, path, value); changed(); }, mistakes);
  return html`<div class="flds">${fields.filter(isShown).map(one)}</div>
    <details class="fold"><summary>${_("More settings")}</summary><div class="flds">${fields.filter((field) => !isShown(field)).map(one)}</div></details>`;
}

/** One field with its help and, where there is one, its mistake; a group draws what is inside. */
export function fieldOf(field, read, write, mistakes = {}, prefix = "f-") {
  if (!applies(field, read)) return nothing;
  if (field.kind === "group") {
    return html`<fieldset class="grp"><legend>${titleOf(field)}</legend>${field.help?.[language] ? html`<p class="muted help">${field.help[language]}</p>` : nothing}
      <div class="flds">${field.fields.toSorted(byNeed).map((inner) => fieldOf(inner, read, write, mistakes, prefix))}</div></fieldset>`;
  }
  const id = prefix + field.path.replaceAll(".", "-");
  const mistake = mistakes[field.path];
  const help = [field.help?.[language], field.is_secret || field.secret ? _("Write env:MES_SECRET_NAME or a file in the folder secrets of the collector, never the secret itself.") : ""].filter(Boolean).join(" ");
  return html`<div class="field"><label for=${id} class=${field.required ? "req" : ""}>${titleOf(field)}${field.unit ? ` (${field.unit})` : ""}</label>
    ${input(field, id, read(field.path), (value) => write(field.path, value), mistake)}
    ${help ? html`<p class="muted help" id="${id}-h">${help}</p>` : nothing}${mistake ? html`<p class="bad" id="${id}-e">${mistake}</p>` : nothing}</div>`;
}

function input(field, id, value, write, mistake) {
  const wrong = mistake ? "true" : "false";
  const about = mistake ? `${id}-e` : `${id}-h`;
  if (field.kind === "choice" || field.kind === "switch") {
    const choices = field.kind === "switch" ? [true, false] : field.choices;
    return html`<select class="in" id=${id} aria-invalid=${wrong} aria-describedby=${about} @change=${(event) => write(event.target.value === "" ? undefined : choices[event.target.selectedIndex - 1])}>
      <option value="" .selected=${value === undefined}>${field.default === null || field.default === undefined ? "–" : `${choiceText(field.default)} (${_("default")})`}</option>
      ${choices.map((choice) => html`<option value=${String(choice)} .selected=${choice === value}>${choiceText(choice)}</option>`)}</select>`;
  }
  const shown = value === undefined || value === null ? "" : AS_JSON.has(field.kind) ? JSON.stringify(value) : String(value);
  return html`<input class="in" id=${id} aria-invalid=${wrong} aria-describedby=${about} autocomplete="off" inputmode=${field.kind === "whole" ? "numeric" : "text"}
    placeholder=${field.default === null || field.default === undefined || typeof field.default === "object" ? "" : String(field.default)} .value=${shown} @change=${(event) => write(parsed(field, event.target.value.trim()))}>`;
}

function choiceText(choice) {
  return { true: _("on"), false: _("off") }[String(choice)] ?? String(choice);
}

/** What was typed as the kind of value that the field takes; what is none goes as text, to be refused by its own name. */
export function parsed(field, text) {
  if (text === "") return undefined;
  if (field.kind === "whole" && /^(0x[\da-f]+|-?\d+)$/i.test(text)) return Number(text);
  if (field.kind === "number" && Number.isFinite(Number(text))) return Number(text);
  if (AS_JSON.has(field.kind)) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text;
}
