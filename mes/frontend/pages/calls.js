// Calls for help: the list is rendered by the server and follows the live tiles.
import { followForms } from "../floor/command-form.js";
import { refresh } from "../floor/fresh.js";
import { share } from "../lib/chrome.js";
import { Live } from "../lib/live.js";

const EVERY_MS = 30000;

const live = share(new Live({ site: document.documentElement.dataset.site }).start());
followForms(() => refresh({ all: true }));

// Only what happens to calls matters here, not every piece that is counted.
let shown = null;
live.addEventListener("change", () => {
  const present = live.list.flatMap((tile) => tile.calls ?? []).map((call) => `${call.id} ${call.state} ${call.level}`).join();
  if (shown !== null && present !== shown) refresh();
  shown = present;
});
setInterval(() => refresh(), EVERY_MS);
