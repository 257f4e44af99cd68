// Who is working? Badge or name, then a 6-digit PIN. Nothing half entered elsewhere is lost.
import { hasCamera, offerCamera } from "../camera/offer.js";
import { get } from "../lib/api.js";
import { problemText } from "../lib/problem-text.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { keypad, pressedText } from "../lib/keypad.js";
import { dueText, elapsed } from "../lib/time.js";
import { foot, head } from "./parts.js";

const PIN_LENGTH = 6;

export class SignInDialog {
  signsIn = true;

  constructor(terminal, badge = null) {
    Object.assign(this, { terminal, badge, name: null, pin: "", people: [], search: null, error: "", busy: false });
    get(`/api/v1/terminal/people?work_unit=${encodeURIComponent(terminal.unit.code)}`)
      .then((answer) => { this.people = answer.items ?? []; terminal.update(); })
      .catch(() => {});
  }

  scanned(badge) {
    Object.assign(this, { badge, name: null, pin: "", error: "" });
    this.terminal.update();
  }

  template() {
    const { terminal } = this;
    return html`<div class="dlg d3">
      ${head(_("Who is working?"), nameOf(terminal.unit.name), () => terminal.closeDialog(), _("Close"), this.signOut())}
      <div class="cols c3"><div class="list">
        <div class="scan">${icon("scan")}<div><b>${this.badge ? _("Badge {no}", { no: this.badge }) : _("Scan your badge")}</b>
          <span>${_("Works on every screen. The PIN follows.")}</span></div>${this.camera()}</div>
        ${this.here()}${this.search === null ? this.recent() : this.finder()}
      </div>
      <div class="left"><div class="pin" role="img" aria-label=${_("{n} of 6 PIN digits entered", { n: this.pin.length })}>
          ${Array.from({ length: PIN_LENGTH }, (_unused, i) => html`<span class=${i < this.pin.length ? "f" : ""}></span>`)}</div>
        <p class="hint ${this.error ? "bad" : ""}" role="status">${this.error ? icon("ne-check") : nothing} ${this.error || this.hint()}</p>
        ${terminal.canEnrol || this.notEnrolled ? html`<a class="btn tap wide" href="/terminal/${terminal.unit.code}/enrol">${icon("badge")}<span>${_("Enrol this device")}</span></a>` : nothing}
        ${terminal.canEnrol ? nothing : this.unconfirmed()}
        ${keypad((name) => { this.pin = pressedText(this.pin, name, PIN_LENGTH); this.error = ""; terminal.update(); }, _("PIN keypad"))}</div></div>
      ${foot(_("Locked for a while after 5 wrong tries; a line leader can reset it. Entries in progress are kept."),
        this.submitLabel(), this.ready() && !this.busy, () => this.submit())}
    </div>`;
  }

  /** Where the device lets us: its camera as scanner, also when it was switched off here. */
  camera() {
    if (!hasCamera()) return nothing;
    const open = () => { offerCamera(true); this.terminal.openCamera(); };
    return html`<button type="button" class="btn tap" @click=${open}>${icon("scan")}<span>${_("Camera")}</span></button>`;
  }

  signOut() {
    const { person } = this.terminal;
    if (!person) return nothing;
    return html`<button type="button" class="btn tap" @click=${() => this.leave()}>${icon("user")}<span>${_("Sign out {name}", { name: person.name })}</span></button>`;
  }

  leave() {
    return this.attempt(() => this.terminal.hands.signOut());
  }

  get others() {
    const { hands } = this.terminal;
    return hands.people.filter((one) => one.badge_no !== hands.person?.badge_no);
  }

  /** Others who are signed in here: one tap makes them the active one. */
  here() {
    const { hands } = this.terminal;
    const others = this.others;
    if (!others.length) return nothing;
    return html`<h3>${_("Signed in here: tap to take over")}</h3><div class="rts r2 here">${others.map((one) =>
      html`<button type="button" class="rt" @click=${() => this.attempt(() => hands.change(one.badge_no), true)}>${icon("user")}<span><b>${one.name}</b><small>${_("No. {no}", { no: one.badge_no })}</small></span></button>`)}</div>`;
  }

  // A lockout never blocks the report of a stop.
  unconfirmed() {
    return this.terminal.person ? nothing : html`<p class="hint">${_("Without signing in, stops can still be reported; they are marked as not confirmed.")}</p>`;
  }

  async attempt(act, closes = false) {
    const { terminal } = this;
    if (this.busy) return;
    this.busy = true;
    try {
      await act();
      if (closes && terminal.dialog === this) terminal.closeDialog();
    } catch (problem) {
      Object.assign(this, { pin: "", error: refusalText(problem), notEnrolled: problem.code === "terminal_not_enrolled" });
    }
    this.busy = false;
    terminal.update();
  }

  submitLabel() {
    if (this.ready()) return _("Sign in");
    return this.badge || this.name ? _("Enter the six digits of the PIN") : _("Choose a name and enter six digits");
  }

  hint() {
    if (this.badge) return _("6-digit PIN");
    return this.name ? _("{name}, 6-digit PIN", { name: this.name }) : _("First a badge or a name");
  }

  recent() {
    const here = new Set(this.terminal.hands.people.map((one) => one.badge_no));
    const recent = this.people.filter((one) => !here.has(one.badge_no)).slice(0, this.others.length ? 4 : 6);
    return html`<h3>${recent[0]?.seen_at ? _("Recent at this machine") : _("Operators")}</h3><div class="rts r2 scroll">${recent.map((person) => this.tile(person))}</div>
      <button type="button" class="btn tap wide" @click=${() => { this.search = ""; this.terminal.update(); }}>${icon("search")}<span>${_("Find another name")}</span></button>`;
  }

  finder() {
    const found = this.people.filter((person) => `${person.name} ${person.badge_no ?? ""}`.toLowerCase().includes(this.search.toLowerCase()));
    return html`<label class="field"><span class="lb">${_("Name")}</span>
      <input class="in tap" autocomplete="off" .value=${this.search} @input=${(event) => { this.search = event.target.value; this.name = event.target.value.trim() || null; this.badge = null; this.terminal.update(); }}></label>
      <div class="rts r2 scroll">${found.slice(0, 8).map((person) => this.tile(person))}</div>`;
  }

  tile(person) {
    return html`<button type="button" class="rt" aria-pressed=${this.name === person.name ? "true" : "false"}
      @click=${() => { Object.assign(this, { name: person.name, badge: null, pin: "", error: "" }); this.terminal.update(); }}>
      ${icon("user")}<span><b>${person.name}</b><small>${[person.badge_no && _("No. {no}", { no: person.badge_no }), person.seen_at && dueText(person.seen_at)].filter(Boolean).join(" · ")}</small></span>${icon("check", "ck")}</button>`;
  }

  ready() {
    return Boolean(this.badge || this.name) && this.pin.length === PIN_LENGTH;
  }

  submit() {
    const { terminal } = this;
    const who = this.badge ? { badge: this.badge } : { name: this.name };
    return this.attempt(() => terminal.hands.signIn(who, this.pin, terminal.unit.code), true);
  }
}

/** A lockout says for how long. */
function refusalText(problem) {
  const wait = problem.code === "locked" ? problem.body.retry_after_s : null;
  return wait ? _("Locked after too many tries. Try again in {time}, or ask a line leader for a new PIN.", { time: elapsed(wait * 1000) }) : problemText(problem);
}
