// A2, the line view: rendered by the server; states and counts follow the live tiles at once.
import { followForms } from "../floor/command-form.js";
import { refresh, refreshBehind } from "../floor/fresh.js";
import { share } from "../lib/chrome.js";
import { count, percent } from "../lib/format.js";
import { nameOf } from "../lib/i18n.js";
import { Live } from "../lib/live.js";
import { stateIcon, stateWord } from "../lib/states.js";
import { elapsed, instant, now } from "../lib/time.js";

const card = document.querySelector(".lv");
followForms(() => refresh({ all: true }));

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-fill]");
  const field = chip?.closest("tr").querySelector("[name=text]");
  if (!field) return;
  field.value = [field.value, chip.dataset.fill].filter(Boolean).join(", ");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

if (card) {
  const live = share(new Live({ line: card.dataset.line }, JSON.parse(card.dataset.tiles)).start());
  if ("live" in card.dataset) {
    const show = () => live.list.forEach(showTile);
    live.addEventListener("change", show);
    document.addEventListener("refreshed", show);
    setInterval(show, 1000);
    refreshBehind(live, 20000, 60000);
    show();
  }
}

function showTile(tile) {
  const row = card.querySelector(`[data-unit="${CSS.escape(tile.work_unit)}"]`);
  if (!row) return;
  const part = (name) => row.querySelector(`[data-now="${name}"]`);
  part("state").className = `state is-${tile.state}`;
  part("state").querySelector("use").setAttribute("href", `#i-${stateIcon(tile.state)}`);
  part("word").textContent = stateWord(tile.state);
  part("timer").textContent = elapsed(now() - (instant(tile.state_since) ?? now()));
  part("reason").textContent = tile.reason ? nameOf(tile.reason.name, tile.reason.code) : "";
  part("good").textContent = count(tile.good);
  part("oee").textContent = percent(tile.oee);
}
