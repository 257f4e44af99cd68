// What this screen prefers; the address decides first, so that a display is set by its address.
const NAME = "mes-wall";
const asked = new URLSearchParams(location.search);

export function preferred(name) {
  return asked.get(name) ?? kept()[name] ?? null;
}

export function prefer(name, value) {
  asked.delete(name);
  try {
    localStorage.setItem(NAME, JSON.stringify({ ...kept(), [name]: value }));
  } catch {
    // A private window may keep nothing.
  }
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(NAME)) ?? {};
  } catch {
    return {};
  }
}
