// All stops of the shift, latest first; a tap opens one. Supervisors also see time without data.
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { reasonsOf } from "../lib/reasons.js";
import { stateIcon, stateWord } from "../lib/states.js";
import { stopLength } from "../lib/stops.js";
import { clock, elapsed, instant, now } from "../lib/time.js";
import { head } from "./parts.js";

const SILENT_MS = 60000;

export class StopListDialog {
  constructor(host) {
    this.host = host;
  }

  template() {
    const { host } = this;
    const reasons = reasonsOf("stop", host.unit.code, () => host.update());
    const rows = [...host.allStops, ...this.silent()].sort((a, b) => instant(b.start) - instant(a.start));
    return html`<div class="dlg dl">
      ${head(_("Stops of this shift"), nameOf(host.unit.name), () => host.closeDialog())}
      <ul class="stops" tabindex="0" aria-label=${_("Stops of this shift")}>${rows.map((row) => this.row(row, reasons))}</ul></div>`;
  }

  /** Stretches without data, which a supervisor may declare. */
  silent() {
    if (!this.host.mayDeclare) return [];
    return this.host.history.items(this.host.unit.code)
      .filter((item) => item.state === "unknown" && !item.stop_start && stopLength(item, now()) >= SILENT_MS)
      .map((item) => ({ start: item.start, end: item.end, items: [item], silent: true }));
  }

  row(stop, reasons) {
    const { host } = this;
    const state = stop.items.at(-1).state;
    const codes = [...new Set(stop.items.map((item) => item.reason).filter(Boolean))];
    const names = codes.map((code) => nameOf(reasons.find((reason) => reason.code === code)?.name, code));
    const word = names.join(", ") || (stop.needsReason ? _("No reason yet") : stateWord(state));
    const open = () => (stop.silent ? host.openDeclare(stop.start, stop.end) : host.openAnyStop(stop.start));
    return html`<li><button type="button" class="rt" @click=${open}><span class="dotst is-${state}">${icon(stateIcon(state))}</span>
      <span><b><span class="num">${clock(stop.start)} – ${stop.end ? clock(stop.end) : _("now")}</span> · ${elapsed(stopLength(stop, now()))}</b><small>${word}</small></span>
      ${stop.needsReason ? html`<span class="mark todo">${icon("reason")}<span>${_("Reason")}</span></span>` : nothing}${icon("right", "go")}</button></li>`;
  }
}
