// What this device remembers from one page to the next. A private window may keep nothing.
export function keep(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Full or forbidden: the page goes on without it.
  }
}

/** What was kept under a name; null: nothing. */
export function kept(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}
