// Values of a check as they are typed: texts, so that no digit is lost, and their judgement.
const DIGITS_MAX = 14;

/** The text of a number after a key of the keypad. */
export function typedNumber(value, name) {
  if (name === "clear") return "";
  if (name === "back") return value.slice(0, -1);
  if (name === "sign") return value.startsWith("-") ? value.slice(1) : `-${value}`;
  if (name === ".") return value.includes(".") ? value : `${/\d/.test(value) ? value : `${value}0`}.`;
  return value.length >= DIGITS_MAX ? value : value.replace(/^(-?)0(?=\d|$)/, "$1") + name;
}

/** Whether a text is a whole number or decimal. */
export const isNumber = (text) => /^-?\d+(\.\d+)?\.?$/.test(text);

// Two decimal texts in order, digit by digit: floating point would make 0.1 + 0.2 of a limit.
export function compare(one, two) {
  const places = Math.max(...[one, two].map((text) => (text.split(".")[1] ?? "").length));
  const scaled = (text) => {
    const [whole, part = ""] = text.split(".");
    return BigInt(`${whole === "-" || whole === "" ? `${whole}0` : whole}${part.padEnd(places, "0")}`.replace(/^(-?)0+(?=\d)/, "$1"));
  };
  const [a, b] = [scaled(one), scaled(two)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** pass, fail, "" (nothing to judge, or not typed yet). */
export function verdictOf(characteristic, value) {
  if (!value) return "";
  if (characteristic.kind === "pass_fail") return value;
  if (characteristic.kind !== "number" || !isNumber(value)) return "";
  const { lower, upper } = characteristic;
  const inside = (lower === null || compare(value, lower) >= 0) && (upper === null || compare(value, upper) <= 0);
  return inside ? "pass" : "fail";
}

/** Whether a value is there and may be sent. */
export function isGiven(characteristic, value) {
  return characteristic.kind === "number" ? isNumber(value ?? "") : Boolean(value?.trim());
}
