// Forms that send a command: <form data-command="/api/v1/..."> gives its fields as JSON, once per act.
// A field name may end with [] (a list) or :int (a number); empty data-optional fields are left out.
// A hidden data-seen field says what the person saw; it stays with the draft, whatever comes meanwhile.
import { post } from "../lib/api.js";
import { keepDraft, keptDraft } from "../lib/draft.js";
import { identity } from "../lib/identity.js";
import { floorProblem } from "./words.js";

const commands = new Map(); // what was asked -> identity, so that a second tap does it once

/** Send the forms of the page; `done` follows each act that succeeded. */
export function followForms(done) {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-command]");
    if (!form) return;
    event.preventDefault();
    send(form, event.submitter, done);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (form) keepDraft(draftName(form), valuesOf(form));
  });
  restoreDrafts();
}

/** Put half-typed words back into their forms, after a reload or a fresh section. */
export function restoreDrafts() {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const kept = keptDraft(draftName(form));
    for (const field of kept ? typed(form) : []) {
      if (field.type === "checkbox") field.checked = (kept[field.name] ?? []).includes(field.value);
      else if (field.name in kept) field.value = kept[field.name];
    }
    form.classList.toggle("dirty", Boolean(kept));
  }
}

/** The body of a command: fields of a form and the button that was pressed. */
export function bodyOf(entries, optional = new Set()) {
  const body = {};
  for (const [name, value] of entries) {
    if (value === "" && optional.has(name)) continue;
    if (name.endsWith("[]")) (body[name.slice(0, -2)] ??= []).push(value);
    else if (name.endsWith(":int")) body[name.slice(0, -4)] = Number(value);
    else body[name] = value;
  }
  return body;
}

async function send(form, submitter, done) {
  if (form.ariaBusy === "true") return;
  const optional = new Set([...form.querySelectorAll("[data-optional]")].map((field) => field.name));
  const body = bodyOf(new FormData(form, submitter), optional);
  for (const list of form.querySelectorAll("input[type=checkbox][name$='[]']")) body[list.name.slice(0, -2)] ??= [];
  const address = form.dataset.command;
  const asked = `${address} ${JSON.stringify(body)}`;
  if (!commands.has(asked)) commands.set(asked, identity());
  form.ariaBusy = "true";
  say(form, "");
  try {
    await post(address, { command_id: commands.get(asked), ...body });
    commands.delete(asked);
    keepDraft(draftName(form), null);
    await done();
  } catch (problem) {
    if (!problem.temporary) commands.delete(asked);
    seeNow(form, problem);
    say(form, floorProblem(problem));
  }
  form.ariaBusy = "false";
}

/** The refusal says what stands now; sending the same words once more puts them in its place. */
function seeNow(form, { status, body }) {
  const seen = form.querySelector("[data-seen]");
  const present = body.crew ?? body.comment;
  if (!seen || status !== 409 || !present) return;
  seen.value = present.command_id;
  keepDraft(draftName(form), valuesOf(form));
}

function say(form, text) {
  const place = form.querySelector("[role=alert]");
  place.textContent = text;
  place.hidden = !text;
}

const draftName = (form) => `form:${location.pathname}#${form.id}`;
const typed = (form) => [...form.elements].filter((field) => field.name && (field.type !== "hidden" || "seen" in field.dataset) && field.type !== "submit");

function valuesOf(form) {
  const values = {};
  for (const field of typed(form)) {
    if (field.type !== "checkbox") values[field.name] = field.value;
    else values[field.name] = [...(values[field.name] ?? []), ...(field.checked ? [field.value] : [])];
  }
  return values;
}
