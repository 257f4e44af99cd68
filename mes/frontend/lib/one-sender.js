// Several tabs of one tablet share the outbox; one of them sends. Web Locks exist only on HTTPS;
// on plain HTTP a note in localStorage with an end does the same. Should two send all the same,
// the server does each command once.
import { keep, kept } from "./kept.js";

const NAME = "mes-outbox-sender";
const LEASE_MS = 15000;
const SETTLE_MS = 40;
const me = Math.random().toString(36).slice(2);

/** Runs `work(renew)` unless another tab sends just now; resolves to whether it ran. */
export async function asOnlySender(work) {
  if (globalThis.navigator?.locks) {
    return navigator.locks.request(NAME, { ifAvailable: true }, async (lock) => {
      if (lock) await work(() => {});
      return Boolean(lock);
    });
  }
  if (!(await leased())) return false;
  try {
    await work(renew);
  } finally {
    release();
  }
  return true;
}

async function leased() {
  const held = note();
  if (held && held.tab !== me && held.until > Date.now()) return false;
  renew();
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return (note()?.tab ?? me) === me;
}

// Without a store there is no second tab that shares the outbox.
const note = () => kept(NAME);
const renew = () => keep(NAME, { tab: me, until: Date.now() + LEASE_MS });

function release() {
  if (note()?.tab === me) keep(NAME, null);
}
