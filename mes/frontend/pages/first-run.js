// A step of the first setup that stands open: what is done meanwhile elsewhere shows by itself.
import "../lib/chrome.js";
import { get, post } from "../lib/api.js";
import { commandId } from "../lib/outbox.js";
import { problemText } from "../lib/problem-text.js";

const REFRESH_MS = 2000;
const LIVE = ["people", "part"];
const guide = document.querySelector(".fr");

async function refresh() {
  let now = null;
  try {
    now = await get("/welcome/now");
  } catch {
    return; // the next look tells
  }
  for (const [name, text] of Object.entries(now.texts)) {
    for (const element of document.querySelectorAll(`[data-live="${name}"]`)) if (element.textContent !== text) element.textContent = text;
  }
  for (const step of document.querySelectorAll("[data-of]")) step.classList.toggle("done", now.done.includes(step.dataset.of));
  for (const element of document.querySelectorAll("[data-finished]")) element.hidden = !now.finished;
  for (const element of document.querySelectorAll("[data-unfinished]")) element.hidden = now.finished;
}

async function start(button) {
  const problem = document.querySelector("[data-problem]");
  button.disabled = true;
  problem.hidden = true;
  try {
    await post(`/api/v1/job-orders/${encodeURIComponent(button.dataset.start)}/start`, { command_id: commandId() });
    location.reload();
  } catch (refused) {
    problem.textContent = problemText(refused);
    problem.hidden = false;
    button.disabled = false;
  }
}

document.querySelector("[data-start]")?.addEventListener("click", (event) => start(event.currentTarget));
if (LIVE.includes(guide.dataset.step)) setInterval(refresh, REFRESH_MS);
