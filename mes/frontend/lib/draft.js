// A half-typed form survives a close, the back button, a lock and a reload of the page.
const NAME = "mes-draft";

/** Keep the form of a unit; null forgets it. */
export function keepDraft(unit, draft) {
  try {
    if (draft) sessionStorage.setItem(`${NAME}:${unit}`, JSON.stringify(draft));
    else sessionStorage.removeItem(`${NAME}:${unit}`);
  } catch {
    // A private window may keep nothing.
  }
}

export function keptDraft(unit) {
  try {
    return JSON.parse(sessionStorage.getItem(`${NAME}:${unit}`));
  } catch {
    return null;
  }
}
