// The counters of one source since its edge started.
import { count } from "../lib/format.js";
import { _ } from "../lib/i18n.js";
import { html } from "../lib/island.js";

const milliseconds = (value) => (value === undefined ? "–" : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`);

const figures = [
  ["requests", () => _("Requests"), count],
  ["round_trip_p50_ms", () => _("Answer time, median"), milliseconds],
  ["round_trip_p99_ms", () => _("Answer time, 99 of 100"), milliseconds],
  ["bytes", () => _("Bytes received"), count],
  ["values", () => _("Values sent"), count],
  ["dropped", () => _("Values lost"), count],
  ["backfilled", () => _("Values from the device's history"), count],
  ["backfills_limited", () => _("Outages with more history than fits"), count],
  ["reconnects", () => _("Connections lost"), count],
  ["late_scans", () => _("Readings left out, too slow"), count],
  ["skipped", () => _("Replies not believed"), count],
  ["errors_transport", () => _("Errors: network or device"), count],
  ["errors_busy", () => _("Errors: device busy"), count],
  ["errors_silent_unit", () => _("Errors: unit silent"), count],
  ["errors_refused", () => _("Errors: refused"), count],
  ["errors_configuration", () => _("Errors: settings"), count],
  ["spool_records", () => _("Records waiting in the collector"), count],
  ["spool_thinned", () => _("Samples given up by the collector"), count],
];

/** A section with every counter that the edge has reported. */
export function figuresOf(source) {
  const counters = source.counters ?? {};
  const known = figures.filter(([name]) => counters[name] !== undefined);
  return html`<section class="card figs" aria-labelledby="s3"><h2 id="s3">${_("Counters since the start of the collector")} <span class="mono">${source.source}</span></h2>
    ${known.length ? html`<dl>${known.map(([name, label, text]) => html`<div><dt>${label()} <small class="mono muted">${name}</small></dt><dd class="num">${text(counters[name])}</dd></div>`)}</dl>` : html`<p class="muted">${_("Nothing was reported yet.")}</p>`}</section>`;
}
