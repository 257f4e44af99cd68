// A8, the handover of a shift: rendered by the server, its forms are commands.
import "../report/signoff.js";
import { followForms } from "../floor/command-form.js";
import { refresh } from "../floor/fresh.js";
import { share } from "../lib/chrome.js";
import { Live } from "../lib/live.js";

const EVERY_MS = 60000;

share(new Live({ site: document.documentElement.dataset.site }).start());
followForms(() => refresh({ all: true }));
setInterval(() => refresh(), EVERY_MS);
