// A form that was sent in a session which had ended comes back filled after the sign-in.
const name = (form) => `mes-form:${form.getAttribute("action")}`;

export function keepForms() {
  if (document.querySelector("[data-saved]")) forgetAll();
  for (const form of document.querySelectorAll("form[data-draft]")) {
    if (form.dataset.draft === "done") forget(form);
    else fill(form);
    form.addEventListener("submit", () => remember(form));
  }
}

function remember(form) {
  const fields = [...new FormData(form)].filter(([field]) => field !== "csrf_token");
  try {
    sessionStorage.setItem(name(form), JSON.stringify(fields));
  } catch {
    // A private window may keep nothing.
  }
}

function forget(form) {
  try {
    sessionStorage.removeItem(name(form));
  } catch {
    // as above
  }
}

// After something was saved no form is half typed any more.
function forgetAll() {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith("mes-form:")) sessionStorage.removeItem(key);
    }
  } catch {
    // as above
  }
}

function fill(form) {
  let fields = null;
  try {
    fields = JSON.parse(sessionStorage.getItem(name(form)));
  } catch {
    // as above
  }
  if (!fields) return;
  for (const input of form.elements) {
    if (!input.name || (input.type === "hidden" && !input.name.startsWith("seen"))) continue;
    const values = fields.filter(([field]) => field === input.name).map(([, value]) => value);
    if (input.type === "checkbox") input.checked = values.includes(input.value);
    else if (values.length) input.value = values[0];
  }
  forget(form);
}
