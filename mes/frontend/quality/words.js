// Quality checks in words: why one is made, where it stands, what was done about a value.
import { _ } from "../lib/i18n.js";
import { count } from "../lib/format.js";
import { instant, now } from "../lib/time.js";

const MINUTE_MS = 60000;
export const FOLLOW_UPS = ["machine_adjusted", "tool_changed", "parts_sorted", "parts_held", "lead_called", "other"];

export const occasionWord = (occasion) =>
  ({ recheck: _("Check again"), last: _("Last piece"), first: _("First piece"), middle: _("Middle piece"), pieces: _("By count"), time: _("By time"), extra: _("Extra check") })[occasion] ?? occasion;

export const followUpWord = (followUp) =>
  ({
    machine_adjusted: _("Machine adjusted"),
    tool_changed: _("Tool or die changed"),
    parts_sorted: _("Parts sorted out"),
    parts_held: _("Parts held back"),
    lead_called: _("Line leader called"),
    other: _("Something else"),
  })[followUp] ?? followUp;

/** What is left until a check is due, or that it is. */
export function dueText(check) {
  if (check.state === "due") return _("Check now");
  if (check.state === "overdue") return _("Check overdue");
  const left = [];
  if (check.pieces_left !== null) left.push(_("after {n} pieces", { n: count(check.pieces_left) }));
  if (check.at !== null) left.push(_("in {n} min", { n: minutes(instant(check.at) - now()) }));
  else if (check.left_s !== null) left.push(_("after {n} min of running", { n: minutes(check.left_s * 1000) }));
  return left.join(" · ");
}

const minutes = (ms) => Math.max(0, Math.ceil(ms / MINUTE_MS));

/** The range of a characteristic; empty: it has none. */
export function rangeText({ lower, upper, target, unit }) {
  const range = lower !== null && upper !== null ? `${lower} – ${upper}` : upper !== null ? `≤ ${upper}` : lower !== null ? `≥ ${lower}` : "";
  const said = [range && `${range} ${unit}`.trim(), target !== null && _("target {n}", { n: target })];
  return said.filter(Boolean).join(" · ");
}

/** What a terminal says when a result is refused, by code. */
export const checkWords = () => ({
  check_follow_up_required: _("A value is out of range: correct it, or say what was done."),
  check_plan_not_here: _("This check is not for this machine or item any more."),
  check_plan_unknown: _("This check is not known to the server."),
  check_result_unknown: _("This entry is not known to the server."),
  check_result_voided: _("This entry is already voided."),
  check_values_invalid: _("A value is missing or not possible."),
});
