// How a refusal is told: the words known for its code, then what the server says.
import { _ } from "./i18n.js";

const added = { no_connection: _("The server does not answer.") };

/** Words of a part of the page, by code. */
export const addWords = (byCode) => Object.assign(added, byCode);

/** Words by code, then what the server says, then the fields it names. */
export function problemText(problem) {
  const fields = (problem.body?.errors ?? [])
    .filter((error) => error.message !== problem.message)
    .map((error) => [error.field, error.message].filter(Boolean).join(": "));
  return [added[problem.code] ?? problem.message, ...fields].join(" ");
}
