// What people entered, in words: amounts, reason, moves, corrections with old and new.
import { count } from "./format.js";
import { _, nameOf } from "./i18n.js";
import { clock } from "./time.js";

/** An entry in words; a correction tells old and new. */
export function entryWords(item) {
  const amounts = (of) =>
    [
      Number(of.good) ? _("good {n}", { n: count(of.good) }) : "",
      Number(of.scrap) ? _("scrap {n}", { n: count(of.scrap) }) : "",
      Number(of.rework) ? _("rework {n}", { n: count(of.rework) }) : "",
    ].filter(Boolean).join(", ");
  if (item.kind === "move") {
    const what = amounts(item) || _("all from {from} to {to}", { from: clock(item.start), to: clock(item.end) });
    return _("Moved: {what}, {from} to {to}", { what, from: item.from_job ?? _("no job"), to: item.job_order });
  }
  const reason = item.reason ? nameOf(item.reason.name, item.reason.code) : "";
  const now_ = [amounts(item), reason, item.adjustment ? _("adjustment") : ""].filter(Boolean).join(" · ");
  return item.was ? _("{before}, corrected to {after}", { before: amounts(item.was), after: now_ }) : now_;
}
