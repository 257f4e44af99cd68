// What contradicts itself in a calendar, in the words of the page; fields as the form names them.
import { _ } from "../lib/i18n.js";
import { problemText } from "../lib/problem-text.js";

function words(code) {
  return {
    shifts_overlap: _("This overlaps another shift."),
    crews_collide: _("Two crews would work at the same time."),
    shift_crosses_day: _("The shift runs across the boundary of the production day."),
    break_outside_shift: _("A break lies outside its shift."),
    breaks_overlap: _("Two breaks overlap."),
    end_before_start: _("The end lies before the start."),
    shift_unknown: _("There is no such shift."),
    reason_unknown: _("This reason is no longer in use. Choose another."),
    reason_not_planned: _("This reason does not fit here. Choose another."),
    duplicate: _("This stands there twice."),
    exception_exists: _("The day has this already. Remove that one first."),
    exception_withdrawn: _("This was removed already."),
    past_fixed: _("This day is over. Say why the past changes."),
    past_needs_supervisor: _("This day is over. Only a supervisor can change it, with a reason."),
    too_many_exceptions: _("The calendar has too many exceptions."),
    line_has_calendar: _("The line has this calendar already on that day."),
    unknown_line: _("This line is no longer there."),
    calendar_unknown: _("This calendar is no longer there."),
    country_unknown: _("No holidays are known for this country."),
    year_invalid: _("The year goes from 2000 to 2100."),
    holidays_unavailable: _("The holidays could not be looked up. Try again."),
  }[code];
}

/** One sentence about a refusal. */
export function mistakeText(problem) {
  const inner = (problem.body?.errors ?? []).map((error) => words(error.code)).filter(Boolean);
  if (inner.length) return [...new Set(inner)].join(" ");
  if (problem.code === "calendar_mistake") return _("Please mend the marked fields.");
  return words(problem.code) ?? problemText(problem);
}

/** The field and what is wrong with it, as far as a field is named. */
export function fieldMistakes(problem) {
  return Object.fromEntries((problem.body?.errors ?? []).map((error) => [leaf(error.field), words(error.code) ?? words(problem.code) ?? error.message]));
}

const leaf = (field) => String(field ?? "").split(".").at(-1);
