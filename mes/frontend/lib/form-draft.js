// What was typed into a form comes back after a sign-in: it was sent in a session that had ended.
// A second press while the answer is on its way sends nothing.
const BEGIN = "mes-form:";
const ASKED = "mes-form-asked";
const SENT_MS = 8000;

function name(form) {
  const action = form.getAttribute("action");
  const place = [...document.querySelectorAll("form[method=post]")].filter((one) => one.getAttribute("action") === action).indexOf(form);
  return `${BEGIN}${action} ${place}`;
}

/** Look after every form of the page that is posted. */
export function keepForms() {
  const asks = document.querySelector('form[action="/sign-in"]') !== null;
  if (asks) return mark();
  const asked = stored(() => sessionStorage.getItem(ASKED));
  for (const form of document.querySelectorAll("form[method=post]")) {
    if (asked) fill(form);
    form.addEventListener("submit", (event) => (isSent(form) ? event.preventDefault() : remember(form)));
  }
  // Whoever was not asked to sign in has got an answer: what was sent is saved, or stands on the page.
  if (!asked) forgetAll();
  addEventListener("pageshow", () => sent.clear());
}

const sent = new Map();

function isSent(form) {
  if (Date.now() - (sent.get(form) ?? -SENT_MS) < SENT_MS) return true;
  sent.set(form, Date.now());
  return false;
}

function stored(ask) {
  try {
    return ask();
  } catch {
    return null; // A private window may keep nothing.
  }
}

function mark() {
  stored(() => Object.keys(sessionStorage).some((key) => key.startsWith(BEGIN)) && sessionStorage.setItem(ASKED, "1"));
}

function remember(form) {
  const secret = new Set([...form.elements].filter((one) => one.type === "password").map((one) => one.name));
  const fields = [...new FormData(form)].filter(([field, value]) => field !== "csrf_token" && !secret.has(field) && typeof value === "string");
  stored(() => sessionStorage.removeItem(ASKED));
  stored(() => sessionStorage.setItem(name(form), JSON.stringify(fields)));
}

function forgetAll() {
  for (const key of stored(() => Object.keys(sessionStorage)) ?? []) {
    if (key.startsWith(BEGIN)) sessionStorage.removeItem(key);
  }
}

function fill(form) {
  const fields = JSON.parse(stored(() => sessionStorage.getItem(name(form))) ?? "null");
  if (!fields) return;
  const waiting = new Map();
  for (const [field, value] of fields) waiting.set(field, [...(waiting.get(field) ?? []), value]);
  for (const input of form.elements) {
    const values = waiting.get(input.name) ?? [];
    if (!input.name || input.type === "password" || input.type === "file") continue;
    if (input.type === "checkbox" || input.type === "radio") input.checked = values.includes(input.value);
    else if (input.type === "hidden" && !input.name.startsWith("seen")) values.shift();
    else if (values.length) input.value = values.shift();
  }
  form.closest("details")?.setAttribute("open", "");
  stored(() => sessionStorage.removeItem(name(form)));
  stored(() => sessionStorage.removeItem(ASKED));
}
