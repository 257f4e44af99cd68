// NE 107 class of a source: failure, function check, out of specification, maintenance, good.
import { _ } from "./i18n.js";
import { adviceOn } from "./source-advice.js";
import { realAge } from "./time.js";

export const RANK = { fail: 0, spec: 1, mnt: 2, chk: 3, ok: 4 };

/** fail | spec | chk | ok of a source as the API lists it; `edges`: the heartbeat's word on them. */
export function classOf(source, edges) {
  if (edgeSilent(source, edges)) return "fail";
  return { up: "ok", degraded: "spec", connecting: "chk", stopped: "chk" }[source.state] ?? "fail";
}

/** Whether the collector process itself no longer reports. */
export function edgeSilent(source, edges) {
  return edges?.[source.edge]?.alive === false;
}

export function classWord(kind) {
  return {
    fail: _("Failure"), chk: _("Function check"), spec: _("Out of specification"), mnt: _("Maintenance needed"), ok: _("In order"),
  }[kind];
}

export function classIcon(kind) {
  return { fail: "ne-fail", chk: "ne-check", spec: "ne-spec", mnt: "ne-maint", ok: "link" }[kind];
}

/** What happened, in a sentence. */
export function reasonText(source, edges) {
  if (edgeSilent(source, edges)) return _("The collector process does not report.");
  const known = source.state === "up" ? null : adviceOn(source.reason);
  if (known) return known.text;
  return {
    up: _("No problem"),
    degraded: _("The link stands, but some values are bad."),
    connecting: _("Connecting"),
    backing_off: _("The device does not answer."),
    refused: _("The device refuses the connection."),
    stopped: _("The source is stopped."),
  }[source.state] ?? _("Nothing was heard of it yet.");
}

/** What to do about it; empty when there is nothing to do. */
export function helpText(source, edges) {
  if (edgeSilent(source, edges)) return _("Start the collector again on its box: mes edge");
  const known = source.state === "up" ? null : adviceOn(source.reason);
  if (known) return known.help;
  return {
    degraded: _("Check the sensor wiring; other values are fine."),
    backing_off: _("Check cabinet power and cable, then call maintenance."),
    refused: _("Allow this collector in the device, then it connects by itself."),
    stopped: _("Start it again when it is used."),
  }[source.state] ?? "";
}

/** Age of the newest value in real seconds. */
export function valueAge(source) {
  return realAge(source.last_value_at);
}
