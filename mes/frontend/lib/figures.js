// Sums over tiles for a line or the plant. Pieces of different items are never added up.

/**
 * OEE of a line or the plant: good ideal time by planned time of the machines that its rule counts
 * (the key machine of each line); null when no time was planned.
 */
export function combinedOee(tiles) {
  const counted = tiles.filter((tile) => tile.in_line_figure !== false);
  const known = (counted.length ? counted : tiles).filter((tile) => tile.oee !== null && tile.oee !== undefined);
  const planned = known.reduce((sum, tile) => sum + Number(tile.planned_us), 0);
  return planned > 0 ? known.reduce((sum, tile) => sum + tile.oee * Number(tile.planned_us), 0) / planned : null;
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
