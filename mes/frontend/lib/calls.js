// Calls for help in words: what is needed, who comes, how long it has been waiting.
import { _ } from "./i18n.js";
import { clock, elapsed, instant, now } from "./time.js";

export const KINDS = ["material", "maintenance", "quality", "lead"];
const icons = { material: "box", maintenance: "setup", quality: "shield", lead: "people" };

export function callIcon(kind) {
  return icons[kind] ?? "call";
}

export function callWord(kind) {
  return { material: _("Material"), maintenance: _("Maintenance"), quality: _("Quality check"), lead: _("Line leader") }[kind] ?? kind;
}

/** A role that a level tells. */
export function roleWord(role) {
  return { supervisor: _("Supervisor"), quality: _("Quality"), maintenance: _("Maintenance"), manager: _("Manager") }[role] ?? role;
}

/** Open calls first those that nobody has answered, the oldest in front. */
export function sortedCalls(calls) {
  const rank = (call) => (call.state === "open" ? 0 : 1);
  return [...(calls ?? [])].sort((a, b) => rank(a) - rank(b) || instant(a.raised_at) - instant(b.raised_at));
}

/** The role that the last level reached has told; null: none was reached, or somebody answered. */
export function toldRole(call) {
  if (call.state !== "open") return null;
  const reached = (call.escalation ?? []).filter((level) => instant(level.at) <= now());
  return reached.length ? roleWord(reached.at(-1).to) : null;
}

/** The shortest form, for a tile of the wall: what is called for, how long ago, who was told or comes. */
export function callShort(call) {
  const what = callWord(call.kind);
  if (call.state !== "open") {
    const when = call.expected_at ? _("by {time}", { time: clock(call.expected_at) }) : clock(call.acknowledged_at);
    return `${what} · ${call.acknowledged_by} ${when}`;
  }
  const told = toldRole(call);
  const waits = _("{what} call {time}", { what, time: elapsed(now() - instant(call.raised_at)) });
  return told ? `${waits} → ${told}` : waits;
}

/** One line: since when nobody answers and whom it told, or who comes and when. */
export function callText(call) {
  if (call.state === "open") {
    const waits = _("waiting {time}", { time: elapsed(now() - instant(call.raised_at)) });
    const told = toldRole(call);
    return told ? `${waits} · ${_("told: {who}", { who: told })}` : waits;
  }
  const by = _("{who} comes", { who: call.acknowledged_by });
  return call.expected_at ? `${by} · ${_("by {time}", { time: clock(call.expected_at) })}` : `${by} · ${clock(call.acknowledged_at)}`;
}
