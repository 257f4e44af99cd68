// Declaring a state where there is no signal, or overriding one (supervisor).
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { outcomeOf } from "../lib/outcome.js";
import { reasonsOf } from "../lib/reasons.js";
import { STATES, stateIcon, stateWord } from "../lib/states.js";
import { clock, duration, instant, now } from "../lib/time.js";
import { choice, foot, head } from "./parts.js";

const MINUTE_MS = 60000;
const ANSWER_MS = 4000;
const WITH_REASON = new Set(["stopped", "down", "off", "setup", "waiting"]);

export class DeclareDialog {
  /** `start`, `end`: the stretch proposed, texts of the server; `end` null: until now. */
  constructor(host, start, end) {
    Object.assign(this, { host, start, end, state: null, reason: null, seen: null, changed: false, busy: false });
  }

  get until() {
    return instant(this.end) ?? now();
  }

  template() {
    const { host } = this;
    const reasons = reasonsOf("stop", host.unit.code, () => host.update());
    const span = `${clock(this.start)} – ${this.end ? clock(this.end) : _("now")} · ${duration(this.until - instant(this.start))}`;
    return html`<div class="dlg d5">
      ${head(_("Declare a state"), `${nameOf(host.unit.name)} · ${span}`, () => host.closeDialog())}
      <div class="splitrow two-edges">${this.edge("start", _("From"))}${this.edge("end", _("To"))}</div>
      <div class="parts-area">${this.changed ? html`<p class="offer changed" role="alert">${icon("info")}<b>${_("Somebody else has declared a state in this time. Save again to put yours in its place.")}</b></p>` : nothing}</div>
      <div class="cols c2"><div class="list"><h3>${_("State")}</h3><div class="rts r2 scroll">${STATES.map((state) => this.stateTile(state))}</div></div>
        <div class="groups"><h3>${_("Stop reason")}</h3><div class="rts g2">${WITH_REASON.has(this.state)
          ? reasons.map((reason) => choice(reason.name, this.reason === reason.code, () => { this.reason = this.reason === reason.code ? null : reason.code; host.update(); }))
          : html`<p class="muted">${_("Only a machine that stands takes a reason.")}</p>`}</div></div></div>
      ${foot(_("It takes the place of what the machine said. It can be taken back."), this.label(), Boolean(this.state) && !this.busy && this.until > instant(this.start), () => this.submit())}
    </div>`;
  }

  edge(name, label) {
    const at = name === "start" ? instant(this.start) : this.until;
    const step = (minutes) => html`<button type="button" class="btn tap" aria-label=${`${label} ${minutes < 0 ? "−" : "+"}${Math.abs(minutes)}`} @click=${() => this.move(name, minutes)}>${minutes < 0 ? "−" : "+"}${Math.abs(minutes)}</button>`;
    return html`<div class="edge"><span class="lb">${label}</span>${step(-5)}${step(-1)}<b class="num">${clock(at)}</b>${step(1)}${step(5)}</div>`;
  }

  move(name, minutes) {
    const at = name === "start" ? instant(this.start) : this.until;
    this[name] = new Date(Math.min(now(), at + minutes * MINUTE_MS)).toISOString();
    this.host.update();
  }

  stateTile(state) {
    return html`<button type="button" class="rt" aria-pressed=${this.state === state ? "true" : "false"}
      @click=${() => { this.state = state; if (!WITH_REASON.has(state)) this.reason = null; this.host.update(); }}>
      <span class="dotst is-${state}">${icon(stateIcon(state))}</span><span><b>${stateWord(state)}</b></span>${icon("check", "ck")}</button>`;
  }

  label() {
    return this.state ? _("Declare {state}", { state: stateWord(this.state) }) : _("Choose a state");
  }

  async submit() {
    const { host } = this;
    const body = { kind: "declare", from: this.start, to: this.end, state: this.state, reason: this.reason, seen_statement: this.seen, note: null, replaces: null };
    const entry = await host.send(`/api/v1/work-units/${host.unit.code}/stops/statements`, body, { label: `${stateWord(this.state)} ${clock(this.start)}` });
    if (!entry.id) return;
    this.busy = true;
    host.update();
    const { problem } = await outcomeOf(host.outbox, entry.id, ANSWER_MS);
    this.busy = false;
    if (problem?.code !== "stop_changed") return host.closeDialog();
    await host.outbox.discard(entry.id);
    host.toast = null;
    Object.assign(this, { seen: problem.body.statement ?? null, changed: true });
    host.update();
  }
}
