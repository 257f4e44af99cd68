// Trends are drawn by the server; here only: one cursor over all lines, and following the present.
import "./report.js";
import { clock, isoDay } from "../lib/time.js";
import { valueAt } from "../report/trend-values.js";

const FOLLOW_MS = 10000;
const trend = document.querySelector("[data-trend]");

if (trend) {
  const figures = [...trend.querySelectorAll("[data-points]")].map((figure) => ({
    figure,
    points: JSON.parse(figure.dataset.points),
    shown: figure.querySelector("[data-at]"),
  }));
  const [start, end] = [Number(trend.dataset.start), Number(trend.dataset.end)];
  const read = (share) => {
    const at = start + (end - start) * share;
    trend.querySelector("[data-cursor]").textContent = `${isoDay(at)} ${clock(at)}`;
    trend.style.setProperty("--at", `${share * 100}%`);
    trend.classList.add("reading");
    for (const { points, shown } of figures) shown.textContent = valueAt(points, share * 1000) ?? "–";
  };
  trend.addEventListener("pointermove", (event) => {
    const box = trend.querySelector(".pl svg").getBoundingClientRect();
    read(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
  });
  trend.tabIndex = 0;
  let reached = 1;
  trend.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -0.01, ArrowRight: 0.01 }[event.key];
    if (!step) return;
    event.preventDefault();
    reached = Math.min(1, Math.max(0, reached + step));
    read(reached);
  });
  if (trend.dataset.live !== undefined) setTimeout(() => location.reload(), FOLLOW_MS);
}
