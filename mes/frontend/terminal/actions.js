// Four actions and the call, one of them primary: reject on a counting machine, good on one counted by hand.
import { callText, callWord, sortedCalls } from "../lib/calls.js";
import { count } from "../lib/format.js";
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";

export function actions(terminal) {
  const { tile, open } = terminal;
  const counted = Boolean(tile?.counted);
  const stopped = Boolean(tile?.needs_reason) && tile.state !== "running" && open.length > 0;
  return html`<nav class="acts" aria-label=${_("Main actions")}>
    ${action("plus", _("Good +"), counted ? _("Auto, adjust only") : _("Count by hand"), !counted && !stopped, () => terminal.openQuantity("good"))}
    ${action("reject", _("Reject"), _("{n} this shift", { n: count(tile?.scrap ?? 0) }), counted && !stopped, () => terminal.openQuantity("reject"))}
    ${action("reason", _("Stop reason"), open.length ? _("{n} open", { n: open.length }) : _("all explained"), false, () => terminal.openStops(null))}
    ${jobAction(terminal, tile?.job)}
    ${callAction(terminal, tile?.calls)}${terminal.instruction?.button() ?? nothing}
  </nav>`;
}

function callAction(terminal, calls) {
  const [first, ...others] = sortedCalls(calls);
  const note = first ? callsNote(first, others.length) : _("material, maintenance, quality, line leader");
  return html`<button type="button" class="act call ${first ? `call-${first.state}` : ""}" @click=${() => terminal.openCall()}>${icon("call")}<span><b>${_("Call")}</b><small>${note}</small></span></button>`;
}

/** The call that waits longest, and how many there are besides. */
export function callsNote(first, others) {
  const said = `${callWord(first.kind)} · ${callText(first)}`;
  return others ? `${said} · ${_("{n} more", { n: others })}` : said;
}

function jobAction(terminal, job) {
  if (!job) return link("run", _("Start a job"), _("choose from the list"), `/jobs/${terminal.unit.code}`);
  if (job.paused) return action("run", _("Resume"), _("the job is paused"), false, () => terminal.resume());
  return action("stop", _("Pause"), _("with a reason"), false, () => terminal.pause());
}

function action(symbol, label, note, primary, run) {
  return html`<button type="button" class="act ${primary ? "primary" : ""}" @click=${run}>${icon(symbol)}<span><b>${label}</b><small>${note}</small></span></button>`;
}

function link(symbol, label, note, address) {
  return html`<a class="act" href=${address}>${icon(symbol)}<span><b>${label}</b><small>${note}</small></span></a>`;
}
