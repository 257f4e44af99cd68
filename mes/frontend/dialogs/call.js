// Calling for help, and answering a call at the machine: one tap each, by the outbox like any entry.
import { KINDS, callIcon, callText, callWord } from "../lib/calls.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { clock } from "../lib/time.js";
import { head } from "./parts.js";

const SOON_MIN = [5, 15, 30];

export class CallDialog {
  constructor(host) {
    Object.assign(this, { host, chosen: null });
  }

  get calls() {
    return this.host.tile?.calls ?? [];
  }

  template() {
    const { host } = this;
    const call = this.calls.find((one) => one.id === this.chosen);
    return html`<div class="dlg dl">
      ${head(_("Call for help"), nameOf(host.unit.name), () => host.closeDialog())}
      ${call ? this.answer(call) : html`<div class="rts r2 calls">${KINDS.map((kind) => this.kind(kind))}</div>`}</div>`;
  }

  kind(kind) {
    const call = this.calls.find((one) => one.kind === kind);
    const unsent = this.unsent(kind);
    const note = call ? callText(call) : unsent ? _("Unsent") : _("Tap to call");
    const tap = () => (call ? this.choose(call.id) : unsent ? undefined : this.raise(kind));
    return html`<button type="button" class="rt ${call ? "waits" : ""}" data-kind=${kind} @click=${tap}>${icon(callIcon(kind))}
      <span><b>${callWord(kind)}</b><small>${note}</small></span>${call ? icon("right", "go") : nothing}</button>`;
  }

  // A call that waits in the outbox is not raised once more by a second tap.
  unsent(kind) {
    const { host } = this;
    return host.outbox.unsent.some((entry) => entry.form?.kind === "call" && entry.form.call === kind && entry.unit === host.unit.code);
  }

  answer(call) {
    const tap = (symbol, label, run) => html`<button type="button" class="rt" @click=${run}>${icon(symbol)}<span><b>${label}</b></span></button>`;
    return html`<div class="rts calls"><h3>${callWord(call.kind)} · ${clock(call.raised_at)} ${call.raised_by} · ${callText(call)}</h3>
      ${call.state === "open" ? html`<div class="rts r2">${tap("check", _("I come now"), () => this.say(call, "acknowledge", {}, _("Call acknowledged")))}
        ${SOON_MIN.map((n) => tap("clock", _("I come in {n} min", { n }), () => this.say(call, "acknowledge", { expected_min: n }, _("Call acknowledged"))))}</div>` : nothing}
      <div class="rts r2">${tap("check", _("Done, help was given"), () => this.say(call, "resolve", {}, _("Call resolved")))}
        ${tap("undo", _("Take the call back"), () => this.say(call, "cancel", {}, _("Call cancelled")))}</div>
      <button type="button" class="btn tap" @click=${() => this.choose(null)}>${icon("right", "flip")}<span>${_("All calls")}</span></button></div>`;
  }

  choose(id) {
    this.chosen = id;
    this.host.update();
  }

  async raise(kind) {
    const { host } = this;
    const label = _("Call: {what}", { what: callWord(kind) });
    await host.send(`/api/v1/work-units/${host.unit.code}/calls`, { kind }, { label, form: { kind: "call", call: kind } });
    host.closeDialog();
  }

  async say(call, action, body, label) {
    const { host } = this;
    await host.send(`/api/v1/calls/${encodeURIComponent(call.id)}/${action}`, body, { label: `${label}: ${callWord(call.kind)}` });
    host.closeDialog();
  }
}
