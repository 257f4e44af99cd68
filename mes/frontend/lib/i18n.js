// Texts: English is the key, other languages come from the same catalogue that Jinja uses. The build
// writes them beside each `_("Text")`.
import languages from "catalogue:languages";

export const language = document.documentElement.lang === "en" ? "en" : "ko";
const at = languages.indexOf(language);

/** The text in the language of the page; what the build makes of the text in `_("Text")`. */
export const inLanguage = (text, ...others) => others[at] ?? text;

/** The text in the language of the page; `{name}` is replaced by the value of that name. */
export function _(text, values = {}) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** The text for one thing or for many; English alone tells them apart. */
export const counted = (n, one, many) => (n === 1 ? one : many);

/** A name of master data: {ko, en} -> the one of this page, or the other, or the fallback. */
export function nameOf(names, fallback = "") {
  if (!names) return fallback;
  if (typeof names === "string") return names;
  return names[language] || names.ko || names.en || fallback;
}

/** The name with the Korean particle "as" (로 or 으로); unchanged in other languages. */
export function asTarget(name) {
  const last = name.charCodeAt(name.length - 1) - 0xac00;
  if (language !== "ko" || last < 0 || last > 11171) return name;
  const final = last % 28;
  return name + (final === 0 || final === 8 ? "로" : "으로");
}

/** The same name in the other language, shown small beside it. */
export function otherName(names) {
  if (!names || typeof names === "string") return "";
  return names[language === "ko" ? "en" : "ko"] || "";
}
