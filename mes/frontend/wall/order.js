// Which machines stand first on the wall: in plant order, or the worst of each line and the worst lines.
import { voiceOf } from "../lib/wall-tile.js";

const VOICES = ["act", "unknown", "notice", "quiet"];

/** How bad it is, smaller is worse: a call that nobody answers, the voice of the tile, how long. */
export function badness(tile) {
  if (!tile) return [1, VOICES.indexOf("unknown"), ""];
  const waits = (tile.calls ?? []).some((call) => call.state === "open");
  const voice = VOICES.indexOf(voiceOf(tile));
  return [waits ? 0 : 1, voice, voiceOf(tile) === "quiet" ? "" : tile.state_since ?? ""];
}

export function compareBadness(one, other) {
  for (const [index, value] of one.entries()) {
    if (value !== other[index]) return value < other[index] ? -1 : 1;
  }
  return 0;
}

/** The lines cut into rows of at most `across` tiles: {line, units, all}. */
export function rowsOf(lines, units, tiles, { across, worst = false }) {
  const rank = (unit) => badness(tiles.get(unit.code));
  const rows = lines.flatMap((line) => {
    const all = units.filter((unit) => unit.line === line.code);
    const shown = worst ? [...all].sort((a, b) => compareBadness(rank(a), rank(b))) : all;
    const cut = [];
    for (let i = 0; i < shown.length; i += across) cut.push({ line, units: shown.slice(i, i + across), all });
    return cut;
  });
  return worst ? rows.sort((a, b) => compareBadness(rank(a.units[0]), rank(b.units[0]))) : rows;
}
