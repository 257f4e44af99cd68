// Office pages: a work order scanned anywhere opens it. Other codes go where the cursor is.
import { listenToScanner, scanKind } from "../lib/scanner.js";

listenToScanner(
  (text) => {
    const here = dispatchEvent(new CustomEvent("order-scanned", { detail: text, cancelable: true }));
    if (here) location.href = `/orders?order=${encodeURIComponent(text)}`;
  },
  { wanted: (text) => scanKind(text).kind === "order" },
);
