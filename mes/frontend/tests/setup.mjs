// Lets Node load the modules of the pages: a small document and the catalogue imports.
import { register } from "node:module";

globalThis.document = {
  documentElement: { lang: "en", dataset: { zone: "Asia/Seoul", clock: String(Date.UTC(2026, 10, 24, 5, 32) * 1000), speed: "1" } },
  querySelector: () => null,
  createTreeWalker: () => ({}),
  createComment: () => ({}),
  createElement: () => ({ content: {} }),
};
globalThis.HTMLElement ??= class {};
globalThis.addEventListener ??= () => {};

register(
  "data:text/javascript," +
    encodeURIComponent(`
      export async function resolve(name, context, next) {
        if (name.startsWith("catalogue:")) return { url: "data:text/javascript,export default []", shortCircuit: true };
        return next(name, context);
      }
    `),
);
