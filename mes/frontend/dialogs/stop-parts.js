// The pieces of the stop dialog: bar, tools, parts, notes, reasons.
import { _, counted, nameOf } from "../lib/i18n.js";
import { html, icon, nothing, svg } from "../lib/island.js";
import { namedLike } from "../lib/reasons.js";
import { classWord } from "../lib/states.js";
import { cutRange, lengthOf, wanted } from "../lib/stop-pieces.js";
import { clock, elapsed, instant, now } from "../lib/time.js";
import { choice } from "./parts.js";

const MOST_USED = 6;
const MINUTE_MS = 60000;
const GROUPS = [
  ["unplanned_stop", "down", "down"],
  ["setup", "setup", "setup"],
  ["waiting", "waiting", "wait"],
  ["planned_stop", "off", "off"],
];

export function pager(dialog) {
  if (dialog.stops.length < 2) return nothing;
  return html`<div class="pg"><button type="button" class="btn tap" aria-label=${_("Previous stop")} @click=${() => dialog.go(-1)}>${icon("right", "flip")}</button>
    <span class="num">${_("Stop {n} / {all}", { n: dialog.index + 1, all: dialog.stops.length })}</span>
    <button type="button" class="btn tap" aria-label=${_("Next stop")} @click=${() => dialog.go(1)}>${icon("right")}</button></div>`;
}

/** The stop drawn to scale, cut into its pieces. */
export function bar(dialog) {
  const { pieces, part } = dialog;
  const [start, end] = [instant(pieces[0].start), instant(dialog.end) ?? now()];
  const x = (at) => ((at - start) / (end - start)) * 100;
  return html`<div class="sb" aria-hidden="true">
    <svg viewBox="0 0 100 40" preserveAspectRatio="none">${pieces.map((piece, index) => {
      const [from, to] = [x(instant(piece.start)), x(instant(piece.end) ?? end)];
      return svg`<rect class="${wanted(piece) ?? piece.reason ? "piece-said" : "piece-open"} ${index === part ? "on" : ""}" x=${from.toFixed(1)} width=${Math.max(0.2, to - from - 0.4).toFixed(1)} height="40"></rect>`;
    })}</svg>
    <span class="num e0">${clock(pieces[0].start)}</span>
    ${pieces.slice(0, -1).map((piece) => html`<span class="num e1" style="left:${x(instant(piece.end)).toFixed(1)}%">${clock(piece.end)}</span>`)}
    <span class="num e2">${dialog.end ? clock(dialog.end) : _("now")}</span></div>`;
}

export function tools(dialog) {
  const { pieces, part, host } = dialog;
  const index = Math.min(part, pieces.length - 2);
  const next = dialog.following;
  const tool = (symbol, label, run, enabled = true) => html`<button type="button" class="btn tap" ?disabled=${!enabled || dialog.busy} @click=${run}>${icon(symbol)}<span>${label}</span></button>`;
  return html`<div class="splitctl">
    ${pieces.length > 1 ? edgeControls(dialog, index) : nothing}
    ${tool("split", _("Split"), () => dialog.split(), !dialog.also.length && Boolean(cutRange(pieces[part], now())))}
    ${pieces.length > 1 ? tool("link", _("Merge parts"), () => dialog.merge()) : nothing}
    ${pieces.length === 1 && next ? tool("link", _("With the stop at {time}", { time: clock(next.start) }), () => dialog.mergeNext()) : nothing}
    ${dialog.edited
      ? tool("undo", _("Undo changes"), () => dialog.undoEdits())
      : dialog.stop.statement
        ? tool("undo", _("Take reason back"), () => dialog.revert())
        : nothing}
    ${host.mayDeclare && pieces.length === 1 ? tool("die", _("Other state"), () => host.openDeclare(dialog.stop.start, dialog.stop.end)) : nothing}
  </div>`;
}

function edgeControls(dialog, index) {
  const { pieces } = dialog;
  const at = instant(pieces[index].end);
  const range = cutRange({ start: pieces[index].start, end: pieces[index + 1].end }, now());
  const step = (minutes, label) => html`<button type="button" class="btn tap" aria-label=${label} @click=${() => dialog.moveEdge(minutes * MINUTE_MS)}>${minutes < 0 ? "−" : "+"}${Math.abs(minutes)}</button>`;
  return html`<div class="edge">${step(-5, _("Split five minutes earlier"))}${step(-1, _("Split one minute earlier"))}
    <label class="num"><b>${clock(at)}</b><small>${elapsed(lengthOf(pieces[index], now()))} | ${elapsed(lengthOf(pieces[index + 1], now()))}</small>
      ${range ? html`<input type="range" aria-label=${_("Split at")} min=${range.first} max=${range.last} step=${MINUTE_MS} .value=${String(at)}
        aria-valuetext=${clock(at)} @input=${(event) => dialog.moveEdgeTo(Number(event.target.value))}>` : nothing}</label>
    ${step(1, _("Split one minute later"))}${step(5, _("Split five minutes later"))}</div>`;
}

/** One button per piece, with its length, its reason and who gave it. */
export function pieceButtons(dialog, reasons) {
  const { pieces, part } = dialog;
  if (pieces.length < 2 && !pieces[0].reason) return nothing;
  const word = (piece) => {
    const code = wanted(piece) ?? piece.reason;
    return nameOf(reasons.find((reason) => reason.code === code)?.name ?? piece.name, code ?? _("No reason yet"));
  };
  return html`<div class="parts" role="group" aria-label=${_("Parts of the stop")}>${pieces.map((piece, index) => html`<button type="button" class="part"
      aria-pressed=${index === part ? "true" : "false"} @click=${() => { dialog.part = index; dialog.host.update(); }}>
    <span class="num">${clock(piece.start)}–${piece.end ? clock(piece.end) : _("now")} · ${elapsed(lengthOf(piece, now()))}</span>
    <em>${word(piece)}</em>${piece.person && !piece.chosen ? html`<small>${piece.person}</small>` : nothing}</button>`)}</div>`;
}

/** More of the stop has come to light than the reason covered. */
export function offerNote(dialog, reasons) {
  const offer = dialog.stop.same_reason_offers?.[0];
  if (!offer || dialog.edited) return nothing;
  const name = nameOf(reasons.find((reason) => reason.code === offer.reason.code)?.name ?? offer.reason.name, offer.reason.code);
  const span = `${clock(offer.start)}–${offer.end ? clock(offer.end) : _("now")}`;
  return html`<p class="offer">${icon("info")}<span>${_("{span} came to light later. Same reason, {name}?", { span, name })}</span>
    <button type="button" class="btn tap" ?disabled=${dialog.busy} @click=${() => dialog.sameReason(offer)}>${icon("check")}<span>${_("Same reason")}</span></button></p>`;
}

/** What somebody else has changed meanwhile. */
export function changesNote(dialog) {
  if (!dialog.changes) return nothing;
  return html`<div class="offer changed" role="alert">${icon("info")}<div><b>${_("Somebody has changed this stop meanwhile. Nothing of yours was saved; look and save again.")}</b>
    ${dialog.changes.length ? html`<ul>${dialog.changes.map((change) => html`<li>${changeText(change)}</li>`)}</ul>` : nothing}</div></div>`;
}

function changeText({ what, at, before, after, who }) {
  const time = (value) => (value ? clock(value) : _("open"));
  if (what === "gone") return _("The stop of {time} is no longer there.", { time: clock(before) });
  if (what === "start") return _("Start: {before}, now {after}", { before: time(before), after: time(after) });
  if (what === "end") return _("End: {before}, now {after}", { before: time(before), after: time(after) });
  if (what === "said") return [_("Said from {time}: {after}", { time: clock(at), after: nameOf(after) }), who].filter(Boolean).join(" · ");
  const text = { time: clock(at), before: nameOf(before, _("no reason")), after: nameOf(after, _("no reason")) };
  return [_("From {time}: {before}, now {after}", text), who].filter(Boolean).join(" · ");
}

export function reasonColumns(dialog, reasons) {
  const piece = dialog.pieces[dialog.part];
  const searches = dialog.search !== null;
  const shown = searches ? namedLike(reasons, dialog.search) : dialog.group ? reasons.filter((reason) => reason.class === dialog.group) : reasons.slice(0, MOST_USED);
  return html`<div class="cols c2"><div class="list">${searches ? searchField(dialog) : html`<h3>${dialog.group ? classWord(dialog.group) : _("Most used here")}</h3>`}
      <div class="rts r2 scroll">${shown.map((reason) =>
        choice(reason.name, (piece.chosen ?? piece.reason) === reason.code, () => dialog.choose(reason.code, reasons), {
          note: reason.used ? counted(reason.used, _("once"), _("{n} times", { n: reason.used })) : "",
        }))}</div></div>
    <div class="groups"><h3>${_("All reasons")}</h3><div class="rts g2">${GROUPS.map((group) => groupTile(dialog, group, reasons))}</div>
      <button type="button" class="btn tap wide" aria-pressed=${searches ? "true" : "false"} @click=${() => searchOrNot(dialog)}>${icon("search")}<span>${_("Find a reason by name")}</span></button></div></div>`;
}

function show(dialog, reasons) {
  Object.assign(dialog, reasons);
  dialog.host.update();
}

function searchOrNot(dialog) {
  show(dialog, { search: dialog.search === null ? "" : null, group: null });
  queueMicrotask(() => document.querySelector("dialog[open] .list input[type=search]")?.focus()); // behind the rendering
}

function searchField(dialog) {
  return html`<label class="field"><span class="lb">${_("Name of the reason")}</span>
    <input class="in tap" type="search" autocomplete="off" .value=${dialog.search} @input=${(event) => show(dialog, { search: event.target.value })}></label>`;
}

function groupTile(dialog, [timeClass, state, symbol], reasons) {
  const size = reasons.filter((reason) => reason.class === timeClass).length;
  if (!size) return nothing;
  return html`<button type="button" class="rt" aria-pressed=${dialog.group === timeClass ? "true" : "false"}
    @click=${() => show(dialog, { search: null, group: dialog.group === timeClass ? null : timeClass })}>
    <span class="dotst is-${state}">${icon(symbol)}</span><span><b>${classWord(timeClass)}</b><small>${size}</small></span></button>`;
}
