// Values of a step as they are typed: whether something is missing, wrong or beyond its limits.
const DIGITS_MAX = 12;
const PLACES_MAX = 6;

/** The number after a key: digits, "point", "sign", "clear", "back". */
export function pressedNumber(text, name) {
  if (name === "clear") return "";
  if (name === "back") return text.slice(0, -1).replace(/^-$/, "");
  if (name === "sign") return text.startsWith("-") ? text.slice(1) : `-${text}`;
  const [whole, places] = text.replace("-", "").split(".");
  if (name === "point") return places === undefined ? `${text}${whole ? "" : "0"}.` : text;
  if (places !== undefined) return places.length < PLACES_MAX ? text + name : text;
  if (whole === "0") return text.slice(0, -1) + name;
  return whole.length < DIGITS_MAX ? text + name : text;
}

/** The number as it is sent, "" when nothing was typed that is one. */
export function finishedNumber(text = "") {
  const plain = text.replace(/\.$/, "");
  return /\d/.test(plain) ? plain : "";
}

/** Whether a value was given. */
export function isGiven(field, value) {
  if (field.kind === "number") return finishedNumber(value) !== "";
  if (field.kind === "yes_no") return typeof value === "boolean";
  return typeof value === "string" && value.trim() !== "";
}

/** Whether a number lies beyond its limits. */
export function isOutside(field, value) {
  if (field.kind !== "number" || !isGiven(field, value)) return false;
  const number = Number(finishedNumber(value));
  return (field.min !== null && number < Number(field.min)) || (field.max !== null && number > Number(field.max));
}

/** The limits of a number in words, with its unit. */
export function limitsText({ min, max, unit }) {
  const behind = unit ? ` ${unit}` : "";
  if (min !== null && max !== null) return `${min} – ${max}${behind}`;
  if (min !== null) return `≥ ${min}${behind}`;
  return max !== null ? `≤ ${max}${behind}` : unit;
}

/** The value as the server takes it. */
export const sentValue = (field, value) => (field.kind === "number" ? finishedNumber(value) : value);

/** What the server keeps, as it would be typed; photos are not typed again. */
export function typedValue(field, kept) {
  if (field.kind === "yes_no") return kept.value === "yes";
  return kept.value;
}
