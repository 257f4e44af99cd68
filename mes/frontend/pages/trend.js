// Trends are drawn by the server; here only: one cursor over all lines, a part of them chosen by
// dragging, and following the present.
import "./report.js";
import { clockSeconds, isoDay } from "../lib/time.js";
import { valueAt } from "../report/trend-values.js";

const FOLLOW_MS = 10000;
const DRAGGED_PX = 12; // less is a tap
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
    trend.querySelector("[data-cursor]").textContent = `${isoDay(at)} ${clockSeconds(at)}`;
    trend.style.setProperty("--at", `${share * 100}%`);
    trend.classList.add("reading");
    for (const { points, shown } of figures) shown.textContent = valueAt(points, share * 1000) ?? "–";
  };
  const shareOf = (event) => {
    const box = trend.querySelector(".pl svg").getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  let drag = null;
  const letGo = () => {
    drag = null;
    trend.classList.remove("choosing");
  };
  trend.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.target.closest(".pl")) return;
    event.preventDefault(); // no selection of text
    drag = { from: shareOf(event), x: event.clientX };
  });
  trend.addEventListener("pointermove", (event) => {
    const share = shareOf(event);
    read(share);
    if (!drag || Math.abs(event.clientX - drag.x) < DRAGGED_PX) return;
    trend.classList.add("choosing");
    trend.style.setProperty("--from", `${Math.min(drag.from, share) * 100}%`);
    trend.style.setProperty("--wide", `${Math.abs(drag.from - share) * 100}%`);
  });
  addEventListener("pointerup", (event) => {
    if (!drag) return;
    const [first, last] = [drag.from, shareOf(event)].sort((a, b) => a - b);
    const dragged = Math.abs(event.clientX - drag.x) >= DRAGGED_PX;
    letGo();
    if (dragged) location.assign(`${trend.dataset.nearby}&${new URLSearchParams({ from: moment(first), until: moment(last) })}`);
  });
  addEventListener("pointercancel", letGo);
  addEventListener("keydown", (event) => event.key === "Escape" && letGo());
  const moment = (share) => {
    const at = Math.round((start + (end - start) * share) / 1000) * 1000;
    return `${isoDay(at)} ${clockSeconds(at)}`;
  };
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
