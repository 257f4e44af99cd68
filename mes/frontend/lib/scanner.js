// Keyboard-wedge scanners: a fast burst of keys ended by Enter, on any screen, without a mode.
// Physical key codes are read, so that a Hangul input method does not turn a code into jamo.
const BURST_MS = 40;
const LENGTH_MIN = 4;

export function listenToScanner(found) {
  let text = "";
  let last = 0;
  addEventListener("keydown", (event) => {
    const gap = event.timeStamp - last;
    last = event.timeStamp;
    if (gap > BURST_MS) text = "";
    if (event.key === "Enter") {
      if (text.length >= LENGTH_MIN) {
        event.preventDefault();
        found(text);
      }
      text = "";
      return;
    }
    text += characterOf(event);
  });
}

function characterOf({ code, key }) {
  if (/^Key[A-Z]$/.test(code)) return code.slice(3);
  if (/^(Digit|Numpad)[0-9]$/.test(code)) return code.slice(-1);
  if (code === "Minus" || code === "NumpadSubtract") return "-";
  return key.length === 1 && /[A-Za-z0-9-]/.test(key) ? key.toUpperCase() : "";
}
