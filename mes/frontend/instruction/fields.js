// What a step asks for, to be touched with gloves: keypad, tiles, camera.
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { keypad } from "../lib/keypad.js";
import { photoText } from "./photo.js";
import { isGiven, isOutside, limitsText, pressedNumber } from "./values.js";

/** One field; `dialog` has `values`, `active`, `missing`, `set(field, value)` and `choose(key)`. */
export function stepField(dialog, field) {
  const shown = { number: number_, yes_no: yesNo, choice, date, text, photo }[field.kind];
  const missing = dialog.missing.has(field.key);
  return html`<div class="wi-field ${missing ? "missing" : ""} ${dialog.active === field.key ? "on" : ""}" role="group" aria-label=${nameOf(field.label)}>
    ${shown(dialog, field, dialog.values[field.key])}
    ${missing ? html`<p class="err" role="alert">${icon("ne-check")} ${_("Please enter this.")}</p>` : nothing}</div>`;
}

function caption(field, given = false) {
  return html`<span class="lb">${nameOf(field.label)}${field.required ? html` <b>${_("required")}</b>` : nothing}${given ? html` ${icon("check")}` : nothing}</span>`;
}

function number_(dialog, field, value = "") {
  const active = dialog.active === field.key;
  const outside = isOutside(field, value);
  const press = (name) => dialog.set(field, pressedNumber(value, name));
  return html`<button type="button" class="disp" aria-pressed=${active ? "true" : "false"} @click=${() => dialog.choose(active ? null : field.key)}>
      ${caption(field, isGiven(field, value) && !outside)}<output class="num ${outside ? "dn" : ""}">${value || "–"} <small>${field.unit}</small></output>
      <span class="to num ${outside ? "dn" : ""}">${outside ? html`${icon("ne-spec")} ${_("outside")}` : nothing} ${limitsText(field)}</span></button>
    ${active ? html`${keypad(press)}<div class="quick two"><button type="button" class="key" aria-label=${_("Decimal point")} @click=${() => press("point")}>.</button>
      <button type="button" class="key" aria-label=${_("Change sign")} @click=${() => press("sign")}>±</button></div>` : nothing}`;
}

function yesNo(dialog, field, value) {
  const tile = (answer, label) => html`<button type="button" class="rt" aria-pressed=${value === answer ? "true" : "false"} @click=${() => dialog.set(field, answer)}><span><b>${label}</b></span>${icon("check", "ck")}</button>`;
  return html`${caption(field)}<div class="rts r2">${tile(true, _("Yes"))}${tile(false, _("No"))}</div>`;
}

function choice(dialog, field, value) {
  return html`${caption(field)}<div class="rts r2">${field.choices.map((one, index) => {
    const key = String(index + 1);
    return html`<button type="button" class="rt" aria-pressed=${value === key ? "true" : "false"} @click=${() => dialog.set(field, key)}><span><b>${nameOf(one)}</b></span>${icon("check", "ck")}</button>`;
  })}</div>`;
}

function date(dialog, field, value = "") {
  return html`<label>${caption(field)}<input type="date" class="in tap num" min="1900-01-01" max="9999-12-31" .value=${value} @input=${(event) => dialog.set(field, event.target.value)}></label>`;
}

function text(dialog, field, value = "") {
  return html`<label>${caption(field)}<textarea class="in tap" rows="2" maxlength="500" .value=${value} @input=${(event) => dialog.set(field, event.target.value)}></textarea></label>`;
}

function photo(dialog, field, value = "") {
  const address = value && `data:image/jpeg;base64,${value}`;
  const before = dialog.saved[field.key]?.file;
  const shown = address || before;
  return html`${caption(field, Boolean(shown))}<div class="wi-photo">${shown ? html`<img src=${shown} alt=${nameOf(field.label)}>` : nothing}
    <label class="btn tap">${icon("plus")}<span>${shown ? _("Take another photo") : _("Take a photo")}</span><input class="sr" type="file" accept="image/*" capture="environment" @change=${(event) => take(dialog, field, event.target)}></label></div>`;
}

async function take(dialog, field, input) {
  const [file] = input.files;
  if (!file) return;
  try {
    dialog.set(field, await photoText(file));
  } catch {
    dialog.host.say(_("This is no picture."), null);
  }
  input.value = "";
}
