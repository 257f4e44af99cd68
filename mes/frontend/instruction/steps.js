// Steps of a draft as the form holds them, and as they are sent.
import { identity } from "../lib/identity.js";

const names = (of = {}) => ({ ko: of.ko ?? "", en: of.en ?? "" });

/** A key for a step or field, the same through all revisions. */
const key = () => identity().replace(/[^A-Za-z0-9-]/g, "").slice(0, 40);

export const emptyStep = () => ({ key: key(), title: names(), text: names(), picture: null, pdf: null, fields: [] });
export const emptyField = () => ({ key: key(), kind: "number", label: names(), required: false, unit: "", min: "", max: "", choices: [] });

/** Steps of the server with empty texts in the place of nothing. */
export function filled(steps) {
  return structuredClone(steps).map((step) => ({ ...step, fields: step.fields.map((field) => ({ ...field, min: field.min ?? "", max: field.max ?? "" })) }));
}

/** Steps as the server takes them: each kind has only what belongs to it. */
export function sentSteps(steps) {
  return steps.map((step) => ({
    ...step,
    fields: step.fields.map((field) => ({
      ...field,
      unit: field.kind === "number" ? field.unit : "",
      min: field.kind === "number" && field.min.trim() ? field.min.trim() : null,
      max: field.kind === "number" && field.max.trim() ? field.max.trim() : null,
      choices: field.kind === "choice" ? field.choices : [],
    })),
  }));
}

/** A list with one element moved by a place. */
export function moved(list, index, by) {
  const to = index + by;
  if (to < 0 || to >= list.length) return list;
  const changed = [...list];
  [changed[index], changed[to]] = [changed[to], changed[index]];
  return changed;
}
