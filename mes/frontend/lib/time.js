// Plant time: the server's clock (possibly scaled), the plant's time zone, never the tablet's.
import { _, language } from "./i18n.js";
import { keep, kept } from "./kept.js";

const HEARD = "mes-clock";
const OLD_MS = 2000;
const page = document.documentElement.dataset;
const zone = page.zone || "Asia/Seoul";
export const speed = Number(page.speed || 1);
const pageMs = Number(page.clock || Date.now() * 1000) / 1000;
const heardMs = lastHeard();
/** Whether this page is an old copy that was kept on the device. */
export const isCopy = heardMs - pageMs > OLD_MS * speed;
let anchorMs = Math.max(pageMs, heardMs); // a copy never sets the time back
let anchorTick = performance.now();

const formats = {
  clock: formatter({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  seconds: formatter({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }),
  day: formatter({ month: "long", day: "numeric", weekday: "short" }),
  date: formatter({ month: "short", day: "numeric" }),
  iso: new Intl.DateTimeFormat("sv-SE", { timeZone: zone }),
};

function formatter(options) {
  return new Intl.DateTimeFormat(language === "ko" ? "ko-KR" : "en-GB", { timeZone: zone, ...options });
}

/** Present plant time in milliseconds since 1970. */
export function now() {
  return anchorMs + (performance.now() - anchorTick) * speed;
}

/** Follow the server when its clock and ours have drifted apart by more than two real seconds. */
export function synchronize(serverMs) {
  if (!Number.isFinite(serverMs) || Math.abs(serverMs - now()) < 2000 * speed) return;
  anchorMs = serverMs;
  anchorTick = performance.now();
}

/** Keep how the plant's clock goes, for a page that is opened again without a server. */
export function keepClock() {
  keep(HEARD, { site: page.site, plant: now(), at: Date.now() });
}

// Present plant time by the clock last heard of the same plant; 0: none was heard.
function lastHeard() {
  const heard = kept(HEARD);
  if (!heard || heard.site !== page.site) return 0;
  return heard.plant + Math.max(0, Date.now() - heard.at) * speed;
}

/** Milliseconds since 1970 of an ISO 8601 text or of integer microseconds; null stays null. */
export function instant(value) {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "number") return value / 1000;
  const parsed = Date.parse(value);
  return Number.isNaN(parsed) ? null : parsed;
}

/** Real seconds that have passed since an instant of plant time. */
export function realAge(value) {
  const at = instant(value);
  return at === null ? null : Math.max(0, (now() - at) / 1000 / speed);
}

export const clock = (value) => format("clock", value);
export const clockSeconds = (value) => format("seconds", value);
export const day = (value) => format("day", value);
export const isoDay = (value) => format("iso", value);

function format(kind, value) {
  const at = typeof value === "string" ? instant(value) : value;
  return at === null || at === undefined ? "–" : formats[kind].format(new Date(at));
}

/** Hour of the plant's day as two digits, for axes. */
export function hour(ms) {
  return formats.clock.format(new Date(ms)).slice(0, 2);
}

/** A due time: today and tomorrow by name, else the date. */
export function dueText(value) {
  const at = instant(value);
  if (at === null) return "–";
  const days = Math.round((Date.parse(isoDay(at)) - Date.parse(isoDay(now()))) / 86400000);
  const time = clock(at);
  if (days === 0) return _("today {time}", { time });
  if (days === 1) return _("tomorrow {time}", { time });
  return `${formats.date.format(new Date(at))} ${time}`;
}

/** When something ends: the time of day alone while it is today. */
export function endText(value) {
  const at = instant(value);
  return at !== null && isoDay(at) === isoDay(now()) ? clock(at) : dueText(value);
}

/** 95 min -> "1 h 35 min"; under an hour "35 min"; over a day "2 d 3 h". */
export function duration(ms) {
  const minutes = Math.max(0, Math.floor(ms / 60000));
  if (minutes < 60) return _("{n} min", { n: minutes });
  if (minutes < 1440) return _("{h} h {m} min", { h: Math.floor(minutes / 60), m: minutes % 60 });
  return _("{d} d {h} h", { d: Math.floor(minutes / 1440), h: Math.floor((minutes % 1440) / 60) });
}

/** Short stretches count in seconds: "45 s", "20 min". */
export function elapsed(ms) {
  return ms < 60000 ? _("{n} s", { n: Math.max(0, Math.floor(ms / 1000)) }) : duration(ms);
}

/** A running timer: 06:12, from an hour on 1:06:12. */
export function timer(ms) {
  const total = Math.max(0, Math.floor(ms / 1000));
  const pad = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  return h ? `${h}:${pad(m)}:${pad(s)}` : `${pad(m)}:${pad(s)}`;
}

/** Real seconds as "3 s", "2 min", "1 h 5 min". */
export function ageText(seconds) {
  if (seconds === null) return "–";
  return seconds < 100 ? _("{n} s", { n: Math.floor(seconds) }) : duration(seconds * 1000);
}

/** "2026-11-24 18:00" as typed in the plant's zone -> ISO 8601 in UTC; null when it is no time. */
export function toInstant(local) {
  const wanted = Date.parse(`${local.replace(" ", "T")}:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}$/.test(local) || Number.isNaN(wanted)) return null;
  let guess = wanted;
  for (let round = 0; round < 2; round += 1) {
    const shown = Date.parse(`${isoDay(guess)}T${clock(guess)}:00Z`);
    guess += wanted - shown;
  }
  return new Date(guess).toISOString();
}
