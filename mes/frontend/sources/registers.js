// Registers of a Modbus device, and the same ones read as every type in every order.
import { post } from "../lib/api.js";
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { problemText } from "../lib/problem-text.js";
import { plain } from "./form.js";

const MANUAL = { holding: 40001, input: 30001 };
const hex = (number, digits = 4) => number.toString(16).toUpperCase().padStart(digits, "0");

/** State and drawing of the register table of one source; `pick(tag)` takes a tag into the source. */
export class Registers {
  table = "holding";
  address = 0;
  count = 16;
  display = "";
  width = 2;
  chosen = null;
  answer = null;
  error = "";
  busy = false;

  constructor(source, edge, pick, changed) {
    Object.assign(this, { source, edge, pick, changed });
  }

  async read() {
    this.busy = true;
    this.error = "";
    this.changed();
    try {
      const display = Number(this.display);
      this.answer = await post(`/api/v1/edges/${encodeURIComponent(this.edge())}/registers`, {
        source: plain(this.source()), table: this.table, address: this.address, count: this.count,
        ...(this.display.trim() && Number.isFinite(display) ? { display } : {}),
      });
      this.chosen ??= this.answer.registers[0]?.[0];
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.busy = false;
    this.changed();
  }

  template() {
    const set = (name, number) => (event) => { this[name] = number ? Number(event.target.value) : event.target.value; };
    return html`<div class="tools"><div class="field"><label for="r-table">${_("Table")}</label><select class="in" id="r-table" @change=${set("table")}>
        <option value="holding" .selected=${this.table === "holding"}>holding (4xxxx)</option><option value="input" .selected=${this.table === "input"}>input (3xxxx)</option></select></div>
      <div class="field"><label for="r-at">${_("First address")}</label><input class="in" id="r-at" type="number" min="0" max="65535" .value=${String(this.address)} @change=${set("address", true)}></div>
      <div class="field"><label for="r-n">${_("Registers")}</label><input class="in" id="r-n" type="number" min="1" max="64" .value=${String(this.count)} @change=${set("count", true)}></div>
      <div class="field"><label for="r-d">${_("Value on the device's display")}</label><input class="in" id="r-d" inputmode="decimal" .value=${this.display} @change=${set("display")}></div>
      <button type="button" class="btn" ?disabled=${this.busy} @click=${() => this.read()}>${icon("refresh")}${_("Read registers")}</button></div>
      ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}
      ${this.answer ? this.found() : nothing}`;
  }

  found() {
    return html`<div class="tw" tabindex="0" role="region" aria-label=${_("Registers, scrolls")}><table class="regs"><thead><tr><th scope="col">${_("Wire address")}</th><th scope="col">${_("Manual")}</th><th scope="col" class="n">${_("Hex")}</th><th scope="col" class="n">${_("Value")}</th><th scope="col">${_("Quality")}</th><th scope="col"><span class="sr">${_("Action")}</span></th></tr></thead>
      <tbody>${this.answer.registers.map(([address, value, reason]) => html`<tr><td class="mono">${address} · 0x${hex(address)}</td><td class="mono">${MANUAL[this.table] + address}</td><td class="n mono">${value === null ? "–" : hex(value)}</td><td class="n">${value ?? "–"}</td><td>${reason ?? _("Good quality")}</td>
        <td><button type="button" class="btn" aria-pressed=${this.chosen === address ? "true" : "false"} @click=${() => { this.chosen = address; this.changed(); }}>${_("All orders")}</button></td></tr>`)}</tbody></table></div>
      ${this.orders()}`;
  }

  orders() {
    const at = this.answer.readings.filter((each) => each.address === this.chosen);
    const reading = at.find((each) => each.count === this.width) ?? at[0];
    if (!reading) return nothing;
    const orders = [...new Set(reading.candidates.map((each) => each.order))];
    const types = [...new Set(reading.candidates.map((each) => each.type))];
    return html`<h3>${_("The same registers in all orders")}: <span class="mono">${MANUAL[this.table] + this.chosen}</span></h3>
      <div class="seg" role="group" aria-label=${_("Registers of one value")}>${at.map((each) => html`<button type="button" class="btn" aria-pressed=${each === reading ? "true" : "false"} @click=${() => { this.width = each.count; this.changed(); }}>${each.count}</button>`)}</div>
      <div class="tw" tabindex="0" role="region" aria-label=${_("All orders, scrolls")}><table class="ords"><thead><tr><th scope="col">${_("Type")}</th>${orders.map((order) => html`<th scope="col" class="n mono">${order}</th>`)}</tr></thead>
      <tbody>${types.map((type) => html`<tr><th scope="row" class="mono">${type}</th>${orders.map((order) => this.cell(reading.candidates.find((each) => each.type === type && each.order === order), reading))}</tr>`)}</tbody></table></div>
      <p class="muted">${_("Press the cell that shows what the device shows: it becomes a tag with this type and order.")}</p>`;
  }

  cell(candidate, reading) {
    if (!candidate) return html`<td></td>`;
    const { type, order, value, is_plausible: plausible, scale } = candidate;
    const base = this.source().address_base ?? 0;
    const tag = { name: `${this.table}_${this.chosen}`, table: this.table, address: this.chosen + base, type, ...(reading.count > 1 ? { order } : order === "BA" ? { order } : {}), ...(scale ? { scale } : {}) };
    const text = value === null ? "–" : typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(7)).toString() : String(value);
    return html`<td class="n"><button type="button" class="btn cell ${plausible ? "hit" : ""}" ?disabled=${value === null} @click=${() => this.pick(tag)}><span>${text}</span>${plausible ? html`<small>${icon("check")}${_("plausible")}${scale ? ` ×${scale}` : ""}</small>` : nothing}</button></td>`;
  }
}
