// The report is rendered by the server; here only: live age in the header, form sends itself, sign-off.
import "../report/stops.js";
import { share } from "../lib/chrome.js";
import { Live } from "../lib/live.js";
import "../report/signoff.js";

share(new Live({ site: document.documentElement.dataset.site }).start());

const form = document.querySelector("[data-report-form]");
form?.addEventListener("change", () => form.requestSubmit());
