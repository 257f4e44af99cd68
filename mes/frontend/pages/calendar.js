// Calendars: a month of production days, one day in detail, another pattern, holidays, lines.
import { share } from "../lib/chrome.js";
import { get, post, Problem } from "../lib/api.js";
import { problemText } from "../lib/problem-text.js";
import { _, nameOf } from "../lib/i18n.js";
import { Island, html, icon, nothing } from "../lib/island.js";
import { importLinks } from "../lib/import-links.js";
import { Live } from "../lib/live.js";
import { commandId } from "../lib/outbox.js";
import { addMonths, dayText, monthBounds, works } from "../calendar/days.js";
import { dayPanel } from "../calendar/day.js";
import { linesPanel } from "../calendar/lines.js";
import { fieldMistakes, mistakeText } from "../calendar/mistakes.js";
import { legend, monthGrid } from "../calendar/month.js";
import { holidaysPanel, patternPanel } from "../calendar/pattern.js";

class CalendarPage extends Island {
  calendars = null;
  items = null;
  presets = [];
  lines = null;
  reasons = [];
  selected = null;
  mode = "day";
  form = null;
  preview = null;
  previewError = "";
  pastReason = "";
  errors = {};
  message = null;
  error = "";
  busy = false;
  #command = null;
  #asked = 0;

  start() {
    this.canEdit = this.given("canEdit", false);
    this.canChangePast = this.given("canChangePast", false);
    this.live = share(new Live({ site: document.documentElement.dataset.site }).start());
    this.read(true);
    if (!this.canEdit) return;
    get("/api/v1/calendars/presets").then((answer) => { this.presets = answer.items; this.update(); }, () => {});
    get("/api/v1/reasons?domain=stop").then((answer) => { this.reasons = (answer.items ?? []).filter((reason) => reason.class === "planned_stop"); this.update(); }, () => {});
  }

  get calendar() {
    return this.calendars?.find((one) => one.calendar === this.code) ?? this.calendars?.[0] ?? null;
  }

  get crews() {
    return this.calendar?.crews ?? [];
  }

  /** The pattern in force on the chosen day. */
  get pattern() {
    const patterns = this.calendar?.patterns ?? [];
    return (patterns.findLast((one) => one.valid_from <= (this.selected ?? this.today)) ?? patterns[0])?.definition ?? null;
  }

  /** Days on which another pattern begins. */
  get starts() {
    return new Set((this.calendar?.patterns ?? []).slice(1).map((one) => one.valid_from));
  }

  // The month is shown together with its days, so that the two never differ.
  async read(first = false, wanted = this.month) {
    const asked = (this.#asked += 1);
    try {
      const { items } = await get("/api/v1/calendars");
      if (asked !== this.#asked) return;
      this.calendars = items;
      const { calendar } = this;
      if (calendar) {
        this.code = calendar.calendar;
        this.today = calendar.today;
        const month = wanted ?? `${calendar.today.slice(0, 7)}-01`;
        if (first) this.selected = calendar.today;
        const bounds = monthBounds(month);
        const days = await get(`/api/v1/calendars/${encodeURIComponent(this.code)}/days?from=${bounds.first}&to=${bounds.last}`);
        if (asked !== this.#asked) return;
        Object.assign(this, { month, wanted: month, items: days.items });
      }
      this.error = "";
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.update();
  }

  template() {
    const { calendar } = this;
    return html`<div class="hd"><h1>${_("Work calendar")}</h1>${this.canEdit && calendar ? html`<div class="bt">
        ${importLinks(this, "calendar")}
        <button class="btn" type="button" aria-pressed=${this.mode === "lines" ? "true" : "false"} @click=${() => this.openLines()}>${icon("sheet")}<span>${_("Calendars of lines")}</span></button>
        <button class="btn" type="button" aria-pressed=${this.mode === "holidays" ? "true" : "false"} @click=${() => this.openHolidays()}>${icon("star")}<span>${_("Public holidays")}</span></button>
        <button class="btn" type="button" aria-pressed=${this.mode === "pattern" ? "true" : "false"} @click=${() => this.openPattern()}>${icon("refresh")}<span>${_("Another pattern")}</span></button></div>` : nothing}</div>
      ${this.error ? html`<p class="card" role="alert">${this.error}</p>` : nothing}
      ${calendar ? this.body(calendar) : this.calendars ? html`<p class="card muted">${_("No calendar yet. Describe it in the plant file and apply it; without one everything is always scheduled.")}</p>` : html`<p class="muted">${_("Loading")}</p>`}`;
  }

  body(calendar) {
    return html`<section class="card calbar" aria-label=${_("Calendar and month")}>
        <div class="chips" role="group" aria-label=${_("Work calendar")}>${this.calendars.map((one) => html`<button type="button" class="chip" aria-pressed=${one === calendar ? "true" : "false"} @click=${() => this.show(one.calendar)}>${nameOf(one.name, one.calendar)}</button>`)}</div>
        <span class="muted lines">${calendar.lines.map((line) => nameOf(line.name, line.line)).join(", ") || _("No line")}</span>
        <div class="mon"><button type="button" class="btn" aria-label=${_("Month before")} @click=${() => this.turn(-1)}>${icon("right", "flip")}</button><b class="num">${this.month ? dayText(this.month, "month") : ""}</b>
          <button type="button" class="btn" aria-label=${_("Month after")} @click=${() => this.turn(1)}>${icon("right")}</button>
          <button type="button" class="btn" @click=${() => this.toToday()}>${_("Today")}</button></div></section>
      ${this.panel()}
      <div class="calcols">${monthGrid(this)}${dayPanel(this)}</div>
      ${legend(this)}`;
  }

  panel() {
    const panels = { pattern: patternPanel, holidays: holidaysPanel, lines: linesPanel };
    return panels[this.mode]?.(this) ?? nothing;
  }

  show(code) {
    Object.assign(this, { code, items: null });
    this.reset("day");
    this.read();
  }

  turn(months) {
    this.wanted = addMonths(this.wanted ?? this.month ?? this.today, months);
    this.read(false, this.wanted);
  }

  toToday() {
    this.choose(this.today);
    this.read(false, `${this.today.slice(0, 7)}-01`);
  }

  choose(day) {
    this.selected = day;
    this.reset("day");
  }

  reset(mode) {
    Object.assign(this, { mode, form: null, errors: {}, message: null, preview: null, pastReason: "" });
    this.#command = null;
    this.update();
  }

  openForm(kind, day) {
    this.reset("day");
    const [shift] = this.pattern?.shifts ?? [];
    const whole = shift ? { shift: shift.code, start: shift.start, end: shift.end } : { shift: "OT", start: "", end: "" };
    const empty = works(day) ? { shift: "OT", start: "", end: "" } : whole;
    this.form = { kind, ko: "", en: "", reason: "", crew: "", ...(kind === "overtime" ? empty : { start: "", end: "" }) };
    this.update();
  }

  addException(day) {
    const { form } = this;
    const given = {
      overtime: { shift: form.shift, start: form.start, end: form.end, crew: form.crew },
      holiday: { name: { ko: form.ko, en: form.en } },
      stop: { start: form.start, end: form.end, reason: form.reason },
    }[form.kind];
    const filled = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
    return this.send("exceptions", { date: day.day, kind: form.kind, ...filled, ...this.past(day.past) }, _("Saved."), "day");
  }

  withdraw(day, id) {
    return this.send(`exceptions/${id}/withdraw`, this.past(day.past), _("Removed."), "day");
  }

  past(over) {
    return over && this.pastReason.trim() ? { past_reason: this.pastReason.trim() } : {};
  }

  openHolidays() {
    this.reset("holidays");
    this.form = { country: "KR", year: this.month.slice(0, 4) };
  }

  async seed() {
    const { country, year } = this.form;
    const done = await this.send("holidays", { country: country.trim().toUpperCase(), year: Number(year) }, "", "holidays");
    if (!done) return;
    this.message = { bad: false, text: _("{added} added, {kept} left as they are, {past} are over.", { added: done.added.length, kept: done.kept.length, past: done.past.length }) };
    this.update();
  }

  /** The chosen day, or the present one when that is over. */
  get ahead() {
    return this.selected && this.selected > this.today ? this.selected : this.today;
  }

  openLines() {
    this.reset("lines");
    const [line] = this.calendar.lines;
    const other = this.calendars.find((one) => one !== this.calendar);
    this.form = { line: line?.line ?? "", calendar: other?.calendar ?? "", valid_from: this.ahead };
    this.update();
    return this.readLines();
  }

  async readLines() {
    try {
      this.lines = (await get("/api/v1/lines")).items;
      if (this.mode === "lines") this.form.line ||= this.lines[0]?.line ?? "";
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.update();
  }

  async assign() {
    const { line, calendar, valid_from } = this.form;
    const body = { calendar: calendar || null, valid_from, ...this.past(valid_from < this.today) };
    const done = await this.send("", body, _("Saved."), "lines", `/api/v1/lines/${encodeURIComponent(line)}/calendar`);
    if (done) await this.readLines();
  }

  openPattern() {
    this.reset("pattern");
    this.form = { preset: null, valid_from: this.ahead, start: "", consecutive_days: "", crews: [] };
  }

  closePattern() {
    this.reset("day");
  }

  choosePreset(preset) {
    Object.assign(this.form, {
      preset: preset.preset, start: preset.start, consecutive_days: String(preset.consecutive_days), crews: ["A", "B", "C", "D"].slice(0, preset.crews),
    });
    this.loadPreview();
  }

  patternTyped(name, value) {
    this.form[name] = value;
    this.loadPreview();
  }

  patternBody() {
    const { preset, valid_from, start, consecutive_days, crews } = this.form;
    return { valid_from, preset: { name: preset, anchor: valid_from, start, consecutive_days: Number(consecutive_days), crews } };
  }

  async loadPreview() {
    Object.assign(this, { preview: null, previewError: "", errors: {}, message: null });
    this.#command = null;
    this.update();
    const body = this.patternBody();
    try {
      const answer = await post(`/api/v1/calendars/${encodeURIComponent(this.code)}/patterns/preview`, body);
      if (this.mode === "pattern" && JSON.stringify(body) === JSON.stringify(this.patternBody())) this.preview = answer;
    } catch (problem) {
      this.errors = fieldMistakes(problem);
      this.previewError = mistakeText(problem);
    }
    this.update();
  }

  async applyPattern() {
    const over = this.form.valid_from < this.today;
    const from = this.form.valid_from;
    const done = await this.send("patterns", { ...this.patternBody(), ...this.past(over) }, _("Saved."), "day");
    if (!done) return;
    this.selected = from;
    await this.read(false, `${from.slice(0, 7)}-01`);
  }

  // A repeat after a lost answer has the same command_id, so that it changes nothing twice.
  async send(path, body, said, mode, address = `/api/v1/calendars/${encodeURIComponent(this.code)}/${path}`) {
    this.#command ??= commandId();
    Object.assign(this, { busy: true, errors: {}, message: null });
    this.update();
    try {
      const answer = await post(address, { command_id: this.#command, ...body });
      const { form } = this;
      this.reset(mode);
      if (mode !== "day") this.form = form;
      this.message = said ? { bad: false, text: said } : null;
      await this.read();
      return answer;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (!problem.temporary) this.#command = null;
      this.errors = fieldMistakes(problem);
      this.message = { bad: true, text: mistakeText(problem) };
      return null;
    } finally {
      this.busy = false;
      this.update();
    }
  }
}

customElements.define("mes-calendar", CalendarPage);
