// Office pages: a work order or a lot scanned anywhere opens it. Other codes go where the cursor is.
import { listenToScanner, scanKind } from "../lib/scanner.js";

const OPENED = ["order", "lot"];

listenToScanner(
  (text) => {
    if (scanKind(text).kind === "lot") location.href = `/lots/${encodeURIComponent(text)}`;
    else if (dispatchEvent(new CustomEvent("order-scanned", { detail: text, cancelable: true }))) location.href = `/orders?order=${encodeURIComponent(text)}`;
  },
  { wanted: (text) => OPENED.includes(scanKind(text).kind) },
);
