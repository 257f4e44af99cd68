// The counters of one source since its edge started.
import { count } from "../lib/format.js";
import { _, counted } from "../lib/i18n.js";
import { html } from "../lib/island.js";

const times = (value) => counted(value, _("1 time"), _("{n} times", { n: count(value) }));
const items = (value) => counted(value, _("1 value"), _("{n} values", { n: count(value) }));
const bytes = (value) => (value < 1e4 ? `${count(value)} B` : value < 1e7 ? `${count(Math.round(value / 1e3))} kB` : `${count(Math.round(value / 1e6))} MB`);
const milliseconds = (value) => (value === undefined ? "–" : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`);

const figures = [
  ["requests", () => _("Requests"), times],
  ["round_trip_p50_ms", () => _("Answer time, median"), milliseconds],
  ["round_trip_p99_ms", () => _("Answer time, 99 of 100"), milliseconds],
  ["bytes", () => _("Data received"), bytes],
  ["values", () => _("Values sent"), items],
  ["dropped", () => _("Values lost"), items],
  ["backfilled", () => _("Values from the device's history"), items],
  ["backfills_limited", () => _("Outages with more history than fits"), times],
  ["reconnects", () => _("Connections lost"), times],
  ["late_scans", () => _("Readings left out, too slow"), times],
  ["skipped", () => _("Replies not believed"), times],
  ["errors_transport", () => _("Errors: network or device"), times],
  ["errors_busy", () => _("Errors: device busy"), times],
  ["errors_silent_unit", () => _("Errors: unit silent"), times],
  ["errors_refused", () => _("Errors: refused"), times],
  ["errors_configuration", () => _("Errors: settings"), times],
  ["spool_records", () => _("Records waiting in the collector"), items],
  ["spool_thinned", () => _("Samples given up by the collector"), items],
];

/** A section with every counter that the edge has reported. */
export function figuresOf(source) {
  const counters = source.counters ?? {};
  const known = figures.filter(([name]) => counters[name] !== undefined);
  return html`<section class="card figs" aria-labelledby="s3"><h2 id="s3">${_("Counters since the start of the collector")} <span class="mono">${source.source}</span></h2>
    ${known.length ? html`<dl>${known.map(([name, label, text]) => html`<div><dt title=${name}>${label()}</dt><dd class="num">${text(counters[name])}</dd></div>`)}</dl>` : html`<p class="muted">${_("Nothing was reported yet.")}</p>`}</section>`;
}
