// Registers of a device, and the same ones read as every type in every order.
import { post } from "../lib/api.js";
import { _, language } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { problemText } from "../lib/problem-text.js";
import { ageText } from "../lib/time.js";
import { Repeating } from "./every.js";
import { plain } from "./form.js";

const hex = (number, digits = 4) => number.toString(16).toUpperCase().padStart(digits, "0");

/** State and drawing of the register table of one source; `pick(tag)` takes a tag into the source. */
export class Registers {
  area = null;
  number = 1;
  address = 0;
  count = 16;
  display = "";
  width = 2;
  chosen = null;
  answer = null;
  error = "";
  busy = false;

  constructor(source, edge, areas, pick, changed) {
    Object.assign(this, { source, edge, areas, pick, changed });
    this.live = new Repeating(() => this.read(), changed);
  }

  /** The chosen area of the device's memory, the first one until somebody chooses. */
  get chosenArea() {
    return this.areas().find((each) => each.name === this.area) ?? this.areas()[0];
  }

  get table() {
    const area = this.chosenArea;
    return area.is_numbered ? `${area.name}${this.number}` : area.name;
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
      this.readAt = performance.now();
      this.chosen ??= this.answer.registers[0]?.[0];
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.busy = false;
    this.changed();
    return !this.error;
  }

  /** The tags of the source that begin at a register, with their types. */
  tagsAt(address) {
    const source = this.source();
    const here = (tag) => tag.address - (source.address_base ?? 0) === address && tag.table === this.table;
    return source.tags.filter(here).map((tag) => [tag.name, tag.type, tag.order].filter(Boolean).join(" "));
  }

  template() {
    const area = this.chosenArea;
    const set = (name, number) => (event) => { this[name] = number ? Number(event.target.value) : event.target.value; };
    return html`<div class="tools"><div class="field"><label for="r-table">${_("Table")}</label><select class="in" id="r-table" @change=${(event) => { this.area = event.target.value; this.chosen = this.answer = null; this.changed(); }}>
        ${this.areas().map((each) => html`<option value=${each.name} .selected=${each === area}>${each.title[language] ?? each.name}</option>`)}</select></div>
      ${area.is_numbered ? html`<div class="field"><label for="r-no">${_("Number")}</label><input class="in" id="r-no" type="number" min="0" max="65535" .value=${String(this.number)} @change=${set("number", true)}></div>` : nothing}
      <div class="field"><label for="r-at">${_("First address")}</label><input class="in" id="r-at" type="number" min="0" max=${area.largest} .value=${String(this.address)} @change=${set("address", true)}></div>
      <div class="field"><label for="r-n">${_("Registers")}</label><input class="in" id="r-n" type="number" min="1" max="64" .value=${String(this.count)} @change=${set("count", true)}></div>
      <div class="field"><label for="r-d">${_("Value on the device's display")}</label><input class="in" id="r-d" inputmode="decimal" .value=${this.display} @change=${set("display")}></div>
      <button type="button" class="btn" ?disabled=${this.busy} @click=${() => this.read()}>${icon("refresh")}${_("Read registers")}</button>
      <button type="button" class="btn live" aria-pressed=${this.live.running ? "true" : "false"} @click=${() => this.live.toggle()}>${icon(this.live.running ? "stop" : "run")}${this.live.running ? _("Pause") : _("Live")}</button>
      ${this.readAt ? html`<span class="muted num">${_("read {age} ago", { age: ageText((performance.now() - this.readAt) / 1000) })}</span>` : nothing}</div>
      ${this.error ? html`<p class="bad" role="alert">${this.error}</p>` : nothing}
      ${this.answer ? this.found() : nothing}`;
  }

  found() {
    const digits = this.chosenArea.word_bits / 4;
    return html`<div class="tw" tabindex="0" role="region" aria-label=${_("Registers, scrolls")}><table class="regs"><thead><tr><th scope="col">${_("Wire address")}</th><th scope="col">${_("Manual")}</th><th scope="col" class="n">${_("Hex")}</th><th scope="col" class="n">${_("Value")}</th><th scope="col">${_("Quality")}</th><th scope="col">${_("Tag and type")}</th><th scope="col"><span class="sr">${_("Action")}</span></th></tr></thead>
      <tbody>${this.answer.registers.map(([address, value, reason, label]) => html`<tr><td class="mono">${address} · 0x${hex(address)}</td><td class="mono">${label}</td><td class="n mono">${value === null ? "–" : hex(value, digits)}</td><td class="n">${value ?? "–"}</td><td>${reason ?? _("Good quality")}</td><td class="mono">${this.tagsAt(address).join(", ") || `${_("word")} ${this.chosenArea.word_bits}`}</td>
        <td><button type="button" class="btn" aria-pressed=${this.chosen === address ? "true" : "false"} @click=${() => { this.chosen = address; this.changed(); }}>${_("All orders")}</button></td></tr>`)}</tbody></table></div>
      ${this.orders()}`;
  }

  orders() {
    const at = this.answer.readings.filter((each) => each.address === this.chosen);
    const reading = at.find((each) => each.count === this.width) ?? at[0];
    if (!reading) return nothing;
    const orders = [...new Set(reading.candidates.map((each) => each.order))];
    const types = [...new Set(reading.candidates.map((each) => each.type))];
    return html`<h3>${_("The same registers in all orders")}: <span class="mono">${this.labelOf(this.chosen)}</span></h3>
      <div class="seg" role="group" aria-label=${_("Registers of one value")}>${at.map((each) => html`<button type="button" class="btn" aria-pressed=${each === reading ? "true" : "false"} @click=${() => { this.width = each.count; this.changed(); }}>${each.count}</button>`)}</div>
      <div class="tw" tabindex="0" role="region" aria-label=${_("All orders, scrolls")}><table class="ords"><thead><tr><th scope="col">${_("Type")}</th>${orders.map((order) => html`<th scope="col" class="n mono">${order}</th>`)}</tr></thead>
      <tbody>${types.map((type) => html`<tr><th scope="row" class="mono">${type}</th>${orders.map((order) => this.cell(reading.candidates.find((each) => each.type === type && each.order === order)))}</tr>`)}</tbody></table></div>
      <p class="muted">${_("Press the cell that shows what the device shows: it becomes a tag with this type and order.")}</p>`;
  }

  labelOf(address) {
    return this.answer.registers.find((row) => row[0] === address)?.[3];
  }

  cell(candidate) {
    if (!candidate) return html`<td></td>`;
    const { value, is_plausible: plausible, scale, tag } = candidate;
    const text = value === null ? "–" : typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(7)).toString() : String(value);
    return html`<td class="n"><button type="button" class="btn cell ${plausible ? "hit" : ""}" ?disabled=${value === null} @click=${() => this.pick(tag)}><span>${text}</span>${plausible ? html`<small>${icon("check")}${_("plausible")}${scale ? ` ×${scale}` : ""}</small>` : nothing}</button></td>`;
  }
}
