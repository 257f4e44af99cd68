// What can wait until the page is drawn: parts that a person opens later.
const IDLE_MS = 1000;
const WITHOUT_IDLE_MS = 250;

/** Do something once the page has been drawn and nothing else waits, within a second. */
export function whenIdle(act) {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(act, { timeout: IDLE_MS });
  else setTimeout(act, WITHOUT_IDLE_MS);
}
