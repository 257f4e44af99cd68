// Keyboard-wedge scanners: a fast burst of keys ended by Enter, on any screen, without a mode.
// Physical key codes are read, so that a Hangul input method does not turn a code into jamo; where
// a device gives none, jamo are mapped back by the 2-set layout. What a burst has put into a field
// in the meantime is taken out again; what a person types is slower and left alone.
const BURST_MS = 50;
const LENGTH_MIN = 4;
const LENGTH_MAX = 200;
const JAMO = "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ";
const SHIFTED = { ㅃ: "ㅂ", ㅉ: "ㅈ", ㄸ: "ㄷ", ㄲ: "ㄱ", ㅆ: "ㅅ", ㅒ: "ㅐ", ㅖ: "ㅔ" };
const LATIN = "QWERTYUIOPASDFGHJKLZXCVBNM";

/** `wanted`: which texts are taken; others stay where they were scanned into. */
export function listenToScanner(found, { target = globalThis, wanted = () => true } = {}) {
  let text = "";
  let last = -Infinity;
  let field = null;
  target.addEventListener("keydown", (event) => {
    if (event.timeStamp - last > BURST_MS) {
      text = "";
      field = fieldOf(event.target);
    }
    last = event.timeStamp;
    if (!isEnter(event)) {
      text = (text + characterOf(event)).slice(-LENGTH_MAX);
      return;
    }
    if (text.length >= LENGTH_MIN && wanted(text)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      field?.restore();
      found(text);
    }
    text = "";
    last = -Infinity; // whatever follows is another burst
  }, true);
  // A burst into a composing field arrives as compositions; its keys still come as keydown.
  target.addEventListener("compositionstart", (event) => {
    if (performance.now() - last > BURST_MS) field = fieldOf(event.target);
  }, true);
}

const isEnter = ({ code, key }) => code === "Enter" || code === "NumpadEnter" || (!code && key === "Enter");

function fieldOf(element) {
  if (!element || !("value" in element) || !/^(INPUT|TEXTAREA)$/.test(element.tagName)) return null;
  const before = element.value;
  return {
    restore() {
      element.blur(); // ends a composition that is under way
      if (element.value === before) return;
      element.value = before;
      element.dispatchEvent(new Event("input", { bubbles: true }));
    },
  };
}

/** The character a key of a scanner stands for; empty for keys that no code holds. */
export function characterOf({ code, key }) {
  if (/^Key[A-Z]$/.test(code)) return code.slice(3);
  if (/^(Digit|Numpad)[0-9]$/.test(code)) return code.slice(-1);
  if (code === "Minus" || code === "NumpadSubtract") return "-";
  if (!key || key.length !== 1) return "";
  const jamo = JAMO.indexOf(SHIFTED[key] ?? key);
  if (jamo >= 0) return LATIN[jamo];
  return /[A-Za-z0-9-]/.test(key) ? key.toUpperCase() : "";
}

/** What a scanned text is: {kind: order | lot | badge | unknown, text}. */
export function scanKind(text) {
  if (/^WO-?\d{6}-?\d{3,}/.test(text)) return { kind: "order", text };
  if (/^LOT-/.test(text)) return { kind: "lot", text };
  if (/^[A-Z0-9][A-Z0-9-]{0,30}$/.test(text)) return { kind: "badge", text };
  return { kind: "unknown", text };
}
