// Sums over tiles for a line or the plant. Pieces of different items are never added up.

/** OEE of several machines, weighted by planned time; null when none is known. */
export function combinedOee(tiles) {
  const known = tiles.filter((tile) => tile.oee !== null && tile.oee !== undefined);
  const weight = (tile) => (tile.planned_us === undefined ? 1 : Number(tile.planned_us));
  const total = known.reduce((sum, tile) => sum + weight(tile), 0);
  return total > 0 ? known.reduce((sum, tile) => sum + tile.oee * weight(tile), 0) / total : null;
}

/** Pieces ahead of or behind target as minutes of ideal production; null when nothing has a target. */
export function gapMinutes(tiles) {
  const known = tiles.filter((tile) => known_(tile.target) && known_(tile.ideal_cycle_s));
  if (!known.length) return null;
  const seconds = known.reduce((sum, tile) => sum + (tile.good - tile.target) * Number(tile.ideal_cycle_s), 0);
  return Math.round(seconds / 60);
}

const known_ = (value) => value !== null && value !== undefined;

export function runningCount(tiles) {
  return tiles.filter((tile) => tile.state === "running").length;
}

/** {minutes, count} of stops without a reason. */
export function unexplained(tiles) {
  const us = tiles.reduce((sum, tile) => sum + (tile.unexplained?.us ?? 0), 0);
  const count = tiles.reduce((sum, tile) => sum + (tile.unexplained?.count ?? 0), 0);
  return { minutes: Math.floor(us / 60e6), count };
}
