// The last values of a characteristic with its limits, oldest at the left; the typed one is hollow.
import { _ } from "../lib/i18n.js";
import { html, nothing, svg } from "../lib/island.js";
import { verdictOf } from "./values.js";

const [WIDTH, HEIGHT, EDGE] = [640, 150, 12];

export function runChart(characteristic, recent, typed) {
  const values = recent.map((point) => point.value);
  const shown = typed ? [...values, typed] : values;
  if (!shown.length) return html`<p class="muted qc-none">${_("No values yet.")}</p>`;
  const limits = ["lower", "target", "upper"].map((name) => characteristic[name]).filter((limit) => limit !== null);
  const y = scale([...shown, ...limits].map(Number));
  const step = (WIDTH - 2 * EDGE) / Math.max(1, shown.length - 1);
  const points = shown.map((value, i) => [EDGE + i * step, y(Number(value)), verdictOf(characteristic, value) === "fail"]);
  return html`<figure class="qc-run"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${_("Last values, oldest first: {values}", { values: values.join(", ") || "–" })}>
      ${["lower", "upper"].map((name) => line(characteristic[name], y, "limit"))}${line(characteristic.target, y, "target")}
      ${svg`<polyline class="run" points=${points.map(([x, top]) => `${x.toFixed(1)},${top.toFixed(1)}`).join(" ")}></polyline>`}
    </svg>${points.map(([x, top, out], i) => html`<i class="pt ${out ? "out" : ""} ${typed && i === shown.length - 1 ? "typed" : ""}" style="left:${((x / WIDTH) * 100).toFixed(2)}%;top:${((top / HEIGHT) * 100).toFixed(2)}%"></i>`)}
    ${["upper", "lower"].map((name) => label(characteristic[name], y))}</figure>`;
}

function scale(numbers) {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const reach = most - least || Math.abs(most) || 1;
  return (value) => EDGE + ((most - value) / reach) * (HEIGHT - 2 * EDGE);
}

function line(limit, y, kind) {
  if (limit === null || limit === undefined) return nothing;
  const at = y(Number(limit)).toFixed(1);
  return svg`<line class=${kind} x1="0" x2=${WIDTH} y1=${at} y2=${at}></line>`;
}

function label(limit, y) {
  return limit === null || limit === undefined ? nothing : html`<span class="num lim" style="top:${((y(Number(limit)) / HEIGHT) * 100).toFixed(2)}%">${limit}</span>`;
}
