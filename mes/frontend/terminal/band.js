// The band: state word, reason and running timer; the reason button while one is missing.
import { _, counted } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { linkText } from "../lib/link.js";
import { stateIcon, stateWord } from "../lib/states.js";
import { lostTime } from "../lib/stops.js";
import { clock, duration, instant, now, timer } from "../lib/time.js";
import { whyOf } from "../lib/wall-tile.js";

export function band(terminal) {
  const { tile } = terminal;
  const lost = ["network", "server"].includes(terminal.link);
  if (lost || !tile) return lostBand(terminal, tile);
  const open = terminal.open;
  return html`<section class="band is-${tile.state} ${tile.state === "unknown" ? "lost" : ""}" aria-label=${_("Machine state")}>
    <span class="sh">${icon(stateIcon(tile.state))}</span>
    <div class="st"><b class="w">${stateWord(tile.state)}</b><span class="y">${since(tile)}</span></div>
    <b class="tm num">${timer(now() - (instant(tile.state_since) ?? now()))}</b>
    ${reasonButton(terminal, open)}</section>`;
}

function since(tile) {
  const why = tile.needs_reason && !tile.reason && tile.state !== "running" ? _("please choose a reason") : whyOf(tile);
  return [_("since {time}", { time: clock(tile.state_since) }), why].filter(Boolean).join(" · ");
}

function lostBand(terminal, tile) {
  const unsent = terminal.outbox.unsent.length;
  const known = tile ? _("Last known: {state} {time}", { state: stateWord(tile.state), time: clock(tile.as_of) }) : _("No data yet");
  return html`<section class="band is-unknown lost" aria-label=${_("Connection")} role="status">
    <span class="sh">${icon("unlink")}</span>
    <div class="st"><b class="w">${terminal.link === "ok" ? _("Connecting") : linkText(terminal.link)}</b>
      <span class="y">${known} · ${_("keep entering, {n} kept here", { n: unsent })}</span></div>
    <b class="tm num">${timer(terminal.live.lostFor() * 1000)}</b>
    ${reasonButton(terminal, terminal.open)}</section>`;
}

function reasonButton(terminal, open) {
  if (!open.length) return nothing;
  const present = open.at(-1);
  const running = terminal.tile?.needs_reason && present.end === null;
  const total = open.reduce((sum, stop) => sum + lostTime(stop, now()), 0);
  return html`<button type="button" class="btn tap todo" @click=${() => terminal.openStops(running ? open.length - 1 : 0)}>
    ${icon("reason")}<span class="two"><b>${running ? _("Enter reason") : counted(open.length, _("1 stop without reason"), _("{n} stops without reason", { n: open.length }))}</b>
    <small>${running && open.length > 1
      ? _("and {n} earlier stops", { n: open.length - 1 })
      : _("{time} in all · enter now", { time: duration(total) })}</small></span></button>`;
}
