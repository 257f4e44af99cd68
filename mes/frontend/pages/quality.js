// Results of quality checks: rendered by the server, fresh every half minute; a result is taken back here.
import { followForms } from "../floor/command-form.js";
import { refresh } from "../floor/fresh.js";
import { share } from "../lib/chrome.js";
import { Live } from "../lib/live.js";

const EVERY_MS = 30000;

share(new Live({ site: document.documentElement.dataset.site }).start());
followForms(() => refresh({ all: true }));
setInterval(() => refresh(), EVERY_MS);
