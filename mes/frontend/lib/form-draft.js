// What was typed into a form comes back after a sign-in: it was sent in a session that had ended; and
// with the back button, as long as it is not saved.
// A second press while the answer is on its way sends nothing.
const BEGIN = "mes-form:";
const ASKED = "mes-form-asked";
const LEFT = "mes-left:";
const SENT = "mes-form-sent";
const REFUSED = "[role=alert], .card.problem";
const CAME_BACK = new Set(["back_forward", "reload"]);
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
  const forms = [...document.querySelectorAll("form[method=post]")];
  const shown = new Map(forms.map((form) => [form, told(form)]));
  const isTyped = (form) => told(form) !== shown.get(form);
  settle();
  for (const form of forms) {
    form.autocomplete = "off";
    if (asked) fill(form, name(form));
    else if (CAME_BACK.has(performance.getEntriesByType("navigation")[0]?.type)) fill(form, place(form));
    form.addEventListener("submit", (event) => (isSent(form) ? event.preventDefault() : remember(form)));
  }
  // Whoever was not asked to sign in has got an answer: what was sent is saved, or stands on the page.
  if (!asked) forgetAll();
  const isLeft = (form) => isTyped(form) && !saved.has(form);
  addEventListener("pagehide", () => {
    for (const form of forms) keep(place(form), isLeft(form) ? told(form) : null);
  });
  addEventListener("pageshow", ({ persisted }) => {
    sent.clear();
    if (!persisted) return;
    // A page kept as it was left may hold what is saved by now.
    for (const form of forms) if (isTyped(form) && !stored(() => sessionStorage.getItem(place(form)))) saved.add(form);
    if (saved.size) location.reload();
  });
}

// The browser itself would put what was typed into a page that "back" asks for anew, beside marks of
// what stands now: a change that another has made since would be undone. So what was left unsent comes
// back with the marks that were seen then, and what was saved does not.
const place = (form) => `${LEFT}${location.pathname}${location.search} ${name(form)}`;

function settle() {
  const key = stored(() => sessionStorage.getItem(SENT));
  stored(() => sessionStorage.removeItem(SENT));
  if (key && !document.querySelector(REFUSED)) keep(key, null);
}

function keep(key, text) {
  stored(() => (text === null ? sessionStorage.removeItem(key) : sessionStorage.setItem(key, text)));
}

const sent = new Map();
const saved = new Set();

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

function told(form) {
  const secret = new Set([...form.elements].filter((one) => one.type === "password").map((one) => one.name));
  const fields = [...new FormData(form)].filter(([field, value]) => field !== "csrf_token" && !secret.has(field) && typeof value === "string");
  return JSON.stringify(fields);
}

function remember(form) {
  stored(() => sessionStorage.removeItem(ASKED));
  keep(name(form), told(form));
  keep(SENT, place(form));
}

function forgetAll() {
  for (const key of stored(() => Object.keys(sessionStorage)) ?? []) {
    if (key.startsWith(BEGIN)) sessionStorage.removeItem(key);
  }
}

function fill(form, key) {
  const fields = JSON.parse(stored(() => sessionStorage.getItem(key)) ?? "null");
  if (!fields) return;
  const waiting = new Map();
  for (const [field, value] of fields) waiting.set(field, [...(waiting.get(field) ?? []), value]);
  for (const input of form.elements) {
    const values = waiting.get(input.name) ?? [];
    if (!input.name || input.type === "password" || input.type === "file") continue;
    const isSeen = input.name.startsWith("seen");
    if (isSeen) input.disabled = !values.length;
    if (input.type === "checkbox" || input.type === "radio") input.checked = values.includes(input.value);
    else if (input.type === "hidden" && !isSeen) values.shift();
    else if (values.length) input.value = values.shift();
  }
  for (const [field, values] of waiting) {
    if (field.startsWith("seen")) for (const value of values) form.append(hidden(field, value));
  }
  form.closest("details")?.setAttribute("open", "");
  stored(() => sessionStorage.removeItem(key));
  stored(() => sessionStorage.removeItem(ASKED));
}

function hidden(field, value) {
  return Object.assign(document.createElement("input"), { type: "hidden", name: field, value });
}
