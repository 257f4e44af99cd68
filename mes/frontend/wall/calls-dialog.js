// The calls that wait, worst first, with who was told; whoever is signed in answers them here.
import { post } from "../lib/api.js";
import { callIcon, callText, callWord, roleWord, sortedCalls } from "../lib/calls.js";
import { _, nameOf } from "../lib/i18n.js";
import { identity } from "../lib/identity.js";
import { Island, everySecond, html, icon, nothing } from "../lib/island.js";
import { problemText } from "../lib/problem-text.js";
import { clock, instant, now } from "../lib/time.js";

const SOON_MIN = [5, 15];

class WallCalls extends Island {
  start() {
    Object.assign(this, { error: "", busy: false, commands: new Map() });
    this.changed = () => this.update();
    this.live.addEventListener("change", this.changed);
    this.tick = everySecond(this);
  }

  stop() {
    this.tick();
    this.live.removeEventListener("change", this.changed);
  }

  rendered() {
    const dialog = this.querySelector("dialog");
    if (!dialog.open) dialog.showModal();
  }

  template() {
    const calls = sortedCalls(this.live.list.flatMap((tile) => (tile.calls ?? []).map((call) => ({ ...call, tile }))));
    return html`<dialog class="wc" aria-label=${_("Calls")} @close=${() => this.remove()}>
      <header><h2>${_("Calls")}</h2><form method="dialog"><button class="btn tap">${icon("close")}<span>${_("Close")}</span></button></form></header>
      ${this.error ? html`<p class="dn" role="alert">${this.error}</p>` : nothing}
      <ul>${calls.map((call) => this.call(call))}</ul>
      ${calls.length ? nothing : html`<p>${_("Calls: nobody waits")}</p>`}
      <a class="btn tap" href="/calls">${icon("sheet")}<span>${_("All calls with their history")}</span></a></dialog>`;
  }

  call(call) {
    return html`<li class="call-${call.state}">${icon(callIcon(call.kind))}
      <div><b>${nameOf(call.tile.name, call.tile.work_unit)} · ${callWord(call.kind)}</b>
        <p class="num">${clock(call.raised_at)} ${call.raised_by} · ${callText(call)}</p>
        ${call.note ? html`<p>${call.note}</p>` : nothing}
        <p class="num lv">${call.escalation.map((level) => html`<span class=${call.state === "open" && instant(level.at) <= now() ? "reached" : ""}>${clock(level.at)} ${roleWord(level.to)}</span>`)}</p></div>
      ${this.mayAnswer ? html`<div class="acts">${call.state === "open" ? SOON_MIN.map((n) => this.button(call, "acknowledge", { expected_min: n }, _("I come in {n} min", { n }))) : nothing}
        ${this.button(call, "resolve", {}, _("Done, help was given"))}</div>` : nothing}</li>`;
  }

  button(call, action, body, label) {
    return html`<button type="button" class="btn tap" ?disabled=${this.busy} @click=${() => this.say(call, action, body)}><span>${label}</span></button>`;
  }

  // The same identity for the same act, so that a second tap after a lost answer does it once.
  async say(call, action, body) {
    const asked = `${call.id} ${action}`;
    if (!this.commands.has(asked)) this.commands.set(asked, identity());
    Object.assign(this, { busy: true, error: "" });
    this.update();
    try {
      await post(`/api/v1/calls/${encodeURIComponent(call.id)}/${action}`, { command_id: this.commands.get(asked), ...body });
    } catch (problem) {
      this.error = problemText(problem);
      if (!problem.temporary) this.commands.delete(asked);
    }
    this.busy = false;
    this.update();
  }
}

customElements.define("mes-wall-calls", WallCalls);

export function openCalls(live, mayAnswer) {
  document.body.append(Object.assign(document.createElement("mes-wall-calls"), { live, mayAnswer }));
}
