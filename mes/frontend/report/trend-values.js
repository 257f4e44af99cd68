// What a line shows at a place: the value that held there; null in a gap and before the first one.

/** `points`: [place, value or null] in order. */
export function valueAt(points, place) {
  let held = null;
  for (const [at, value] of points) {
    if (at > place) break;
    held = value;
  }
  return held;
}
