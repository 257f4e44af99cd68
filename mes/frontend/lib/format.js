// Numbers as people read them: rounded only here, minus is U+2212, a missing value is an en dash.
import { language } from "./i18n.js";

const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });

/** A count with thousands separators. */
export function count(value) {
  if (value === null || value === undefined || value === "") return "–";
  return whole.format(Number(value)).replace("-", "−");
}

/** A ratio as percent with one decimal, without the sign. */
export function percent(ratio, digits = 1) {
  return ratio === null || ratio === undefined ? "–" : (ratio * 100).toFixed(digits).replace("-", "−");
}

/** A difference with its sign: +68, −768, ±0. */
export function signed(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "±0";
  return (value > 0 ? "+" : "−") + whole.format(Math.abs(value));
}

/** Class of a signed text: better, worse, neither. */
export function signClass(value) {
  return value > 0 ? "up" : value < 0 ? "dn" : "";
}
