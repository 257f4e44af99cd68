// Days of a calendar in words, dates as YYYY-MM-DD; pure functions.
import { _, language, nameOf } from "../lib/i18n.js";
import { clock } from "../lib/time.js";

const DAY_MS = 86400000;
const locale = language === "ko" ? "ko-KR" : "en-GB";
const formats = {
  month: { year: "numeric", month: "long" },
  long: { month: "long", day: "numeric", weekday: "long" },
  short: { month: "numeric", day: "numeric" },
  weekday: { weekday: "short" },
};

const utc = (day) => Date.parse(`${day}T00:00:00Z`);

export function dayText(day, kind = "long") {
  return new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...formats[kind] }).format(new Date(utc(day)));
}

export function addDays(day, count) {
  return new Date(utc(day) + count * DAY_MS).toISOString().slice(0, 10);
}

/** The first day of the month so many months away. */
export function addMonths(day, count) {
  const [year, month] = day.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + count, 1)).toISOString().slice(0, 10);
}

/** First and last day to show of a month: whole weeks from Monday to Sunday. */
export function monthBounds(day) {
  const first = `${day.slice(0, 7)}-01`;
  const last = addDays(addMonths(first, 1), -1);
  const weekday = (date) => (new Date(utc(date)).getUTCDay() + 6) % 7;
  return { first: addDays(first, -weekday(first)), last: addDays(last, 6 - weekday(last)) };
}

/** Whether the day has shifts by the pattern that a holiday does not take away. */
export const works = (day) => day.usual.length > 0 && !day.holiday;

export function times(part) {
  return `${clock(part.start)}–${clock(part.end)}`;
}

export function shiftName(shift) {
  if (shift.exception !== null && !nameOf(shift.name)) return shift.code === "OT" ? _("Overtime") : shift.code;
  return nameOf(shift.name, shift.code) || _("Always scheduled");
}

/** What overtime is called: on a day off it is holiday work. */
export function overtimeWord(day) {
  return works(day) ? _("Overtime") : _("Holiday work");
}

export function hours(value) {
  return _("{n} h", { n: Number.isInteger(value) ? value : value.toFixed(1) });
}

/** Letter and colour of a crew: the place of its code in the calendar decides the colour. */
export function crewClass(code, crews) {
  const place = crews.findIndex((crew) => crew.crew === code);
  return `crew t${(place < 0 ? code.charCodeAt(0) : place) % 6}`;
}
