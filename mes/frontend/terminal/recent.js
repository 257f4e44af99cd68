// Recent entries with undo; what is not sent yet or was refused stands on top.
import { refusedEntry, unsentEntry } from "../lib/own-entries.js";
import { entryWords } from "../lib/entry-words.js";
import { count } from "../lib/format.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { clock } from "../lib/time.js";

const SHOWN = 8;

export function recent(terminal) {
  const own = terminal.outbox.entries.filter((entry) => entry.unit === terminal.unit.code);
  return html`<section class="rec" aria-label=${_("Recent entries")}><div class="ch"><h2>${_("Recent entries")}</h2>
      <span class="muted">${terminal.outbox.refused.length ? _("{n} refused", { n: terminal.outbox.refused.length }) : ""}</span></div>
    <ul tabindex="0" aria-label=${_("Recent entries")}>
      ${own.toReversed().map((entry) => (entry.problem ? refusedEntry(terminal, entry) : unsentEntry(terminal, entry)))}
      ${terminal.entries.slice(0, SHOWN).map((entry) => row(terminal, entry))}
      ${own.length || terminal.entries.length ? nothing : html`<li><span class="x muted">${_("Nothing entered in this shift yet.")}</span></li>`}
    </ul></section>`;
}

function row(terminal, entry) {
  const text = entryText(entry);
  return html`<li class=${entry.voided ? "void" : ""}><span class="num t">${clock(entry.at)}</span>${icon(symbolOf(entry))}
    <span class="x">${text}${entry.confirmed === false ? html` <em class="q">${_("person not confirmed")}</em>` : nothing}</span>
    ${onlyTakesBack(entry) ? nothing : entry.voided
      ? html`<span class="vd">${_("Voided")}</span>`
      : entry.kind === "quantity"
        ? html`${entry.lot && entry.job_order ? html`<button type="button" class="btn tap undo" aria-label=${_("Label of {lot}", { lot: entry.lot })} @click=${() => terminal.openLabel(entry.job_order, entry)}>${icon("print")}</button>` : nothing}
          <button type="button" class="btn tap undo" aria-label=${_("Correct {what}", { what: text })} @click=${() => terminal.openLater((dialogs) => dialogs.QuantityDialog.correcting(terminal, entry))}>${icon("edit")}</button>
          <button type="button" class="btn tap undo" @click=${() => terminal.voidEntry(entry.command_id, text)}>${icon("undo")}<span>${_("Undo")}</span></button>`
        : entry.kind === "check" && !entry.voids
          ? html`<button type="button" class="btn tap undo" @click=${() => terminal.followChecks().then(() => terminal.quality?.void(entry.command_id, text))}>${icon("undo")}<span>${_("Undo")}</span></button>`
          : nothing}</li>`;
}

function onlyTakesBack(entry) {
  return entry.kind !== "check" && Boolean(entry.voids) && ["good", "scrap", "rework"].every((name) => !Number(entry[name]));
}

function symbolOf(entry) {
  if (entry.kind === "move") return "box";
  if (entry.kind === "check") return "shield";
  if (entry.kind !== "quantity") return entry.kind === "job" ? "run" : "reason";
  return Number(entry.good) && !Number(entry.scrap) ? "plus" : "reject";
}

function actionWord(action) {
  return { start: _("Start"), pause: _("Pause"), resume: _("Resume"), complete: _("Complete"), cancel: _("Cancelled") }[action] ?? action;
}

export function entryText(entry) {
  const name = entry.reason ? nameOf(entry.reason.name, entry.reason.code) : "";
  if (entry.kind === "check") return [nameOf(entry.plan_name), entry.voids ? _("Taken back") : entry.verdict === "fail" ? _("Out of range") : _("In range")].join(" · ");
  if (entry.statement === "revert") return _("Reason taken back, stop of {time}", { time: entry.start ? clock(entry.start) : "" });
  if (entry.kind === "stop") return [name || _("Stop reason"), entry.start ? clock(entry.start) : ""].filter(Boolean).join(" ");
  if (entry.kind === "move" || (entry.was && !onlyTakesBack(entry))) return entryWords(entry);
  if (entry.kind === "job") return [actionWord(entry.action), entry.job_order, name].filter(Boolean).join(" ");
  if (onlyTakesBack(entry)) return _("Taken back");
  return [
    Number(entry.good) ? _("Good {n}", { n: (entry.good > 0 ? "+" : "−") + count(Math.abs(entry.good)) }) : "",
    Number(entry.scrap) ? _("Reject +{n} {name}", { n: count(entry.scrap), name }) : "",
    Number(entry.rework) ? _("Rework +{n} {name}", { n: count(entry.rework), name }) : "",
    entry.lot ?? "",
  ].filter(Boolean).join(" · ");
}
