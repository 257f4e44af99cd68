// Where a figure of a tile is explained: its shift, as of the tile, with what was covered then.
import { instant } from "./time.js";

/** Address of the page that explains a KPI of a tile; null without a shift. */
export function whyAddress(tile, kpi = "oee") {
  if (!tile?.shift) return null;
  const query = new URLSearchParams({
    work_unit: tile.work_unit,
    from: tile.shift.start,
    to: tile.shift.end,
    as_of: tile.as_of,
    kpi,
    version: String(tile.version),
  });
  if (tile.covered_until) query.set("known_until", knownUntil(tile.covered_until));
  return `/explain?${query}`;
}

// The covered instant itself is known, and ends are exclusive: one microsecond more.
function knownUntil(covered) {
  const match = /^(.*?)(?:\.(\d{1,6}))?Z$/.exec(covered);
  const us = Number((match[2] ?? "").padEnd(6, "0")) + 1;
  if (us < 1_000_000) return `${match[1]}.${String(us).padStart(6, "0")}Z`;
  return new Date(instant(`${match[1]}Z`) + 1000).toISOString();
}
