// The shift strip: running lies low, minor stops half, losses stand full, unknown is hatched,
// planned time is a line. Height is the second sign beside colour.
import { html, svg } from "./island.js";
import { hour, instant, now } from "./time.js";
import { _ } from "./i18n.js";

const WIDTH = 1000;
const HOUR_MS = 3600000;

/** Kind of a state item: which colour and height it has. */
export function kindOf(item) {
  const flat = { break: "brk", planned_stop: "brk", not_scheduled: "brk", no_order: "off" }[item.class];
  if (flat) return flat;
  if (item.class === "minor_stop") return "minor";
  if (item.needs_reason && item.state !== "running" && item.state !== "unknown") return "unexpl";
  return item.state || "unknown";
}

const heights = { running: 0.3, setup: 0.8, minor: 0.62, brk: 0.08, off: 0.08 };

/** Neighbours of one kind (and one reason) become one bar; a gap and a bar without an end stay honest. */
export function bars(items, from, to) {
  const merged = [];
  for (const item of items) {
    const start = Math.max(from, instant(item.start));
    const end = Math.min(to, instant(item.end) ?? now());
    if (!(end > start)) continue;
    const kind = kindOf(item);
    const last = merged.at(-1);
    if (last && last.kind === kind && last.reason === item.reason && start - last.end < 1000) last.end = end;
    else merged.push({ kind, start, end, reason: item.reason, item });
  }
  return merged;
}

/** The strip as SVG; `label` is what a screen reader says. */
export function strip(items, from, to, height, label) {
  const x = (at) => ((at - from) / (to - from)) * WIDTH;
  const present = now();
  return html`<svg class="strip" viewBox="0 0 ${WIDTH} ${height}" preserveAspectRatio="none" role="img" aria-label=${label}>
    <rect class="base" x="0" y=${height - 2} width=${WIDTH} height="2"></rect>
    ${bars(items, from, to).map((bar) => {
      const tall = height * (heights[bar.kind] ?? 1);
      return svg`<rect class=${bar.kind} x=${x(bar.start).toFixed(2)} y=${(height - tall).toFixed(1)}
        width=${Math.max(1, x(bar.end) - x(bar.start)).toFixed(2)} height=${tall.toFixed(1)}></rect>`;
    })}
    ${present > from && present < to ? svg`<rect class="now" x=${x(present).toFixed(2)} y="-4" width="3" height=${height + 8}></rect>` : ""}
  </svg>`;
}

/** Hour labels under a strip, in HTML so that they are never squeezed. */
export function hours(from, to, step) {
  const marks = [];
  const first = Math.ceil(from / HOUR_MS) * HOUR_MS;
  for (let at = first; at <= to; at += step * HOUR_MS) marks.push(at);
  return html`<div class="hours num" aria-hidden="true">${marks.map(
    (at) => html`<span style="left:${(((at - from) / (to - from)) * 100).toFixed(2)}%">${hour(at)}</span>`,
  )}</div>`;
}

export function stripLabel(name) {
  return _("{name}: states of the shift. Low bars run, tall bars stand", { name });
}
