// A wall display stays awake, and shows the sign-in page when its token was revoked, never otherwise.
const LOOK_EVERY_MS = 30000;

export function stayDisplay(live) {
  const wake = () => navigator.wakeLock?.request("screen").catch(() => {});
  wake();
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake());
  setInterval(() => live.connected || look(), LOOK_EVERY_MS);
}

// A server that answers but no longer knows this display sends it to the sign-in page.
async function look() {
  try {
    const answer = await fetch(location.href, { redirect: "manual", credentials: "same-origin" });
    if (answer.type === "opaqueredirect") location.reload();
  } catch {
    // The server does not answer: the wall stays as it is and says so.
  }
}
