// Our own number keys: 1-2-3 on top, 72 px, instead of the system keyboard.
import { _ } from "./i18n.js";
import { html, icon } from "./island.js";

const DIGITS_MAX = 6;

/** Keys that call `press` with a digit, "clear" or "back". */
export function keypad(press, label = _("Keypad")) {
  return html`<div class="pad" role="group" aria-label=${label}>
    ${["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((digit) => key(digit, press))}
    <button type="button" class="key sm" @click=${() => press("clear")}>${_("Clear")}</button>
    ${key("0", press)}
    <button type="button" class="key" aria-label=${_("Delete one digit")} @click=${() => press("back")}>${icon("back")}</button>
  </div>`;
}

function key(digit, press) {
  return html`<button type="button" class="key" @click=${() => press(digit)}>${digit}</button>`;
}

/** The number after a key; never longer than six digits. */
export function pressed(value, name) {
  if (name === "clear") return 0;
  if (name === "back") return Math.trunc(value / 10);
  const next = Math.abs(value) * 10 + Number(name);
  return String(next).length > DIGITS_MAX ? value : value < 0 ? -next : next;
}

/** The text (PIN) after a key. */
export function pressedText(value, name, length) {
  if (name === "clear") return "";
  if (name === "back") return value.slice(0, -1);
  return value.length < length ? value + name : value;
}
