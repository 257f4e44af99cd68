// The shift as a strip; stops without a reason are 64 px flags with a leader to the true minute.
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { lostTime } from "../lib/stops.js";
import { hours, strip, stripLabel } from "../lib/strip.js";
import { clock, duration, instant, now } from "../lib/time.js";

const FLAG_PX = 72;
const TOUCH_PX = 64;

export function timeline(terminal) {
  const { tile } = terminal;
  if (!tile?.shift) return html`<section class="tlc"></section>`;
  const [from, to] = [instant(tile.shift.start), instant(tile.shift.end)];
  const items = terminal.history.items(terminal.unit.code);
  return html`<section class="tlc" aria-label=${_("Shift timeline")}>
    <div class="ch"><h2>${_("This shift")}</h2><span class="muted">${terminal.open.length ? _("Tap a yellow flag to explain it") : ""}</span>
      ${terminal.allStops.length ? html`<button type="button" class="btn tap" @click=${() => terminal.openStopList()}>${icon("reason")}<span>${_("All stops")}</span></button>` : nothing}</div>
    <div class="tl"><div class="flags">${flags(terminal, from, to)}</div>
      <div class="taps" @click=${(event) => tapped(terminal, event, from, to)}>${strip(items, from, to, 56, stripLabel(nameOf(terminal.unit.name)))}</div>${hours(from, to, 2)}</div></section>`;
}

// A finger is wider than a stop: the nearest one within half a target is meant. Who cannot point
// goes by the list, which the button above opens.
function tapped(terminal, event, from, to) {
  const box = event.currentTarget.getBoundingClientRect();
  const at = from + ((event.clientX - box.left) / box.width) * (to - from);
  const reach = (TOUCH_PX / 2 / box.width) * (to - from);
  const found = nearest(terminal.history.items(terminal.unit.code), at, reach, terminal.mayDeclare);
  if (!found) return;
  if (found.stop_start) terminal.openAnyStop(found.stop_start);
  else terminal.openDeclare(found.start, found.end);
}

/** The item nearest to an instant that belongs to a stop, or says nothing and may be declared. */
export function nearest(items, at, reach, mayDeclare) {
  const away = (item) => Math.max(instant(item.start) - at, at - (instant(item.end) ?? now()), 0);
  const open = (item) => Boolean(item.stop_start) || (mayDeclare && item.state === "unknown");
  return items
    .filter((item) => open(item) && away(item) <= reach)
    .sort((a, b) => away(a) - away(b))[0] ?? null;
}

// Flags never overlap: the later one is pushed right, the last ones are pushed back from the edge.
export function flagPositions(centres, width, size) {
  const at = [];
  for (const centre of centres) at.push(Math.max(centre, at.length ? at.at(-1) + size : size / 2));
  for (let i = at.length - 1, limit = width - size / 2; i >= 0; i -= 1, limit = at[i + 1] - size) at[i] = Math.min(at[i], limit);
  return at;
}

function flags(terminal, from, to) {
  const width = terminal.timelineWidth || 640;
  const shown = terminal.open.slice(-Math.max(1, Math.floor(width / FLAG_PX)));
  const centres = shown.map((stop) => {
    const middle = (instant(stop.start) + (instant(stop.end) ?? now())) / 2;
    return ((Math.max(from, middle) - from) / (to - from)) * width;
  });
  const placed = flagPositions(centres, width, FLAG_PX);
  return shown.map((stop, i) => {
    const length = duration(lostTime(stop, now()));
    return html`<button type="button" class="flag" data-start=${stop.start} style="--x:${centres[i].toFixed(1)}px;--dx:${(placed[i] - centres[i]).toFixed(1)}px"
      aria-label=${_("Stop at {time}, {length}, enter reason", { time: clock(stop.start), length })}
      @click=${() => terminal.openStop(stop.start)}><span class="num">${clock(stop.start)}</span><b class="num">${length}</b></button>`;
  });
}
