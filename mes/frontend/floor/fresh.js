// Sections that the server renders stay fresh: the page is read again and its parts are exchanged,
// never under the hands of somebody who is typing.
import { restoreDrafts } from "./command-form.js";

const TIMEOUT_MS = 15000;

/** Exchange the sections marked data-fresh; `all`: those somebody works in, too. */
export async function refresh({ all = false } = {}) {
  let text;
  try {
    const response = await fetch(location.href, { credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) return;
    text = await response.text();
  } catch {
    return; // the link banner says that the server does not answer
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  for (const old of document.querySelectorAll("[data-fresh]")) {
    const fresh = page.getElementById(old.id);
    if (fresh && (all || !inUse(old))) old.replaceWith(document.importNode(fresh, true));
  }
  restoreDrafts();
  document.dispatchEvent(new Event("refreshed"));
}

// Words that were typed are in the draft; only the place of the cursor would be lost.
function inUse(section) {
  const active = document.activeElement;
  return (section.contains(active) && active.matches("input, textarea, select, summary, button")) || section.querySelector("details[open], form[aria-busy=true]");
}

/** Call `refresh` some time after something changed, and at least now and then. */
export function refreshBehind(live, restMs, everyMs) {
  let due = null;
  live.addEventListener("change", () => {
    due ??= setTimeout(() => {
      due = null;
      refresh();
    }, restMs);
  });
  setInterval(() => refresh(), everyMs);
}
