// One machine on the wall. Four voices: quiet, notice (head), act (whole tile), unknown (hatched).
import { callIcon, callShort, sortedCalls } from "./calls.js";
import { count, percent, signClass, signed } from "./format.js";
import { _, nameOf } from "./i18n.js";
import { html, icon, nothing } from "./island.js";
import { collectorSilent, deviceLost } from "./link.js";
import { stateIcon, stateWord } from "./states.js";
import { hours, strip, stripLabel } from "./strip.js";
import { clock, elapsed, endText, instant, now } from "./time.js";
import { whyAddress } from "./why.js";

/** quiet | notice | act | unknown */
export function voiceOf(tile) {
  if (tile.state === "unknown") return "unknown";
  if (tile.state === "down") return "act";
  if (tile.state === "stopped") return tile.needs_reason ? "act" : "notice";
  if (tile.state === "setup" || tile.state === "waiting") return "notice";
  return "quiet";
}

/** The line under the state word: why it stands, what it makes, what is lost. */
export function whyOf(tile) {
  if (tile.known) return tile.known;
  if (tile.state === "unknown") {
    const at = tile.last_data_at ? _("values below from {time}", { time: clock(tile.last_data_at) }) : "";
    const what = deviceLost(tile)
      ? _("Device does not answer")
      : collectorSilent(tile) ? _("Collector silent") : _("No signal");
    return [what, at].filter(Boolean).join(" · ");
  }
  if (tile.reason) return nameOf(tile.reason.name, tile.reason.code);
  if (tile.needs_reason && tile.state !== "running") return _("No reason yet");
  const rest = tile.state === "running" ? null : restNow(tile);
  if (rest) return _("Break until {time}", { time: clock(rest.end) });
  if (tile.state === "running" && tile.job) return _("{item} in work", { item: nameOf(tile.job.item_name, tile.job.item) });
  if (!tile.job) return _("No order");
  return "";
}

/** The break of the shift that lasts now. */
function restNow(tile) {
  return tile.shift?.breaks?.find((rest) => instant(rest.start) <= now() && now() < instant(rest.end));
}

/** A tile as it shows while the server cannot be reached: nothing is known of now, the last state is named. */
export function lastKnown(tile) {
  if (tile.state === "unknown") return tile;
  const at = tile.heard_at ?? tile.as_of;
  const known = _("Last known: {state} {time}", { state: stateWord(tile.state), time: clock(at) });
  return { ...tile, state: "unknown", state_since: at, reason: null, known };
}

export function wallTile(unit, tile, items) {
  if (!tile) return emptyTile(unit);
  const gap = tile.target === null || tile.target === undefined ? null : Math.round(tile.good - tile.target);
  const full = Math.max(1, shiftTarget(tile), tile.good);
  const voice = { quiet: "t-q", notice: "t-n", act: "t-a", unknown: "t-u" }[voiceOf(tile)];
  return html`<article class="tile is-${tile.state} ${voice} ${voice === "t-u" ? "hatched" : ""}">
    <div class="band ${voice === "t-u" ? "hatch" : ""}"><div class="plate">
      <div class="r1"><h3><a href="/terminal/${unit.code}">${nameOf(unit.name, unit.code)}</a></h3>${checkMark(tile)}${openMark(tile)}</div>
      <div class="r2">${icon(stateIcon(tile.state))}<b class="word">${stateWord(tile.state)}</b>
        <span class="timer num">${elapsed(now() - (instant(tile.state_since) ?? now()))}</span></div>
      <p class="why">${firstCall(tile) ?? whyOf(tile)}</p></div></div>
    <div class="body">
      <div class="cnt"><div><span class="lb">${_("Good")}</span><b class="good num">${count(tile.good)}</b></div>
        <div><span class="lb">${_("Target now")}</span><span class="tgt num">${count(tile.target === null ? null : Math.round(tile.target))}</span></div>
        <div><span class="lb">${_("Gap")}</span><b class="gap num ${signClass(gap)}">${signed(gap)}</b></div>
        <div><span class="lb">OEE</span><a class="tgt num" href=${whyAddress(tile) ?? nothing} aria-label=${_("Why {n} %?", { n: percent(tile.oee) })}>${percent(tile.oee)}<small> %</small></a></div></div>
      <div class="bar" aria-hidden="true"><i style="width:${Math.min(100, (tile.good / full) * 100).toFixed(1)}%"></i>${
        gap === null ? nothing : html`<u style="left:${Math.min(100, (tile.target / full) * 100).toFixed(1)}%"></u>`}</div>
      <div class="wo">${tile.job
        ? html`<span class="num">${tile.job.order}</span><span class="nm">${nameOf(tile.job.item_name, tile.job.item)}</span>${
            tile.job.paused ? html`<span>${_("Paused")}</span>` : tile.job.expected_end ? html`<span class="num">${_("ends {time}", { time: endText(tile.job.expected_end) })}</span>` : nothing}`
        : html`<span>${_("No order")}</span>`}</div>
      ${stripBox(unit, tile, items)}
    </div></article>`;
}

// A call stands where the reason stands: it blinks slowly until somebody says that they come.
function firstCall(tile) {
  const [first, ...more] = sortedCalls(tile.calls);
  if (!first) return null;
  return html`<span class="callmark call-${first.state}">${icon(callIcon(first.kind))}<span>${callShort(first)}</span>${more.length ? html`<b class="num">+${more.length}</b>` : nothing}</span>`;
}

// Counts that wait for a decision; beside an unexplained stop only their number fits.
function checkMark(tile) {
  if (!tile.checks) return nothing;
  const text = _("{n} checks", { n: tile.checks });
  return html`<span class="mark chk" title=${text}>${icon("ne-check")}${tile.unexplained?.count ? html`<span class="sr">${text}</span><span aria-hidden="true">${tile.checks}</span>` : html`<span>${text}</span>`}</span>`;
}

function openMark(tile) {
  const open = tile.unexplained;
  if (!open?.count) return nothing;
  return html`<span class="mark todo">${icon("reason")}<span>${_("No reason {n} min", { n: Math.floor(open.us / 60e6) })}</span></span>`;
}

function stripBox(unit, tile, items) {
  if (!tile.shift) return nothing;
  const [from, to] = [instant(tile.shift.start), instant(tile.shift.end)];
  return html`<div class="stripbox">${strip(items, from, to, 30, stripLabel(nameOf(unit.name, unit.code)))}${hours(from, to, 4)}</div>`;
}

// What the whole shift would make at the target's pace.
function shiftTarget(tile) {
  if (!tile.target || !tile.shift) return 0;
  const [from, to] = [instant(tile.shift.start), instant(tile.shift.end)];
  const breaks = (until) =>
    (tile.shift.breaks ?? []).reduce((sum, rest) => sum + Math.max(0, Math.min(until, instant(rest.end)) - instant(rest.start)), 0);
  const worked = now() - from - breaks(now());
  const whole = to - from - breaks(to);
  return worked > 0 ? (tile.target * whole) / worked : 0;
}

function emptyTile(unit) {
  return html`<article class="tile is-unknown t-u"><div class="band hatch"><div class="plate">
    <div class="r1"><h3><a href="/terminal/${unit.code}">${nameOf(unit.name, unit.code)}</a></h3></div>
    <div class="r2">${icon("nodata")}<b class="word">${stateWord("unknown")}</b></div>
    <p class="why">${_("No signal")}</p></div></div><div class="body"></div></article>`;
}
