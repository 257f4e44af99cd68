// Which configuration of a source runs, beside the one that should: shape, word and since when.
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { clock, isoDay } from "../lib/time.js";

/** fresh | waits | refused | none: how the running revision stands to the desired one. */
export function standOf(source) {
  const told = source.configuration;
  if (!told || told.revision === null) return "none";
  if (told.refused_revision) return "refused";
  return told.revision === told.desired_revision ? "fresh" : "waits";
}

const SHAPE = { fresh: "check", waits: "clock", refused: "ne-fail", none: "nodata" };

/** One line for a list. */
export function runningMark(source) {
  const stand = standOf(source);
  const told = source.configuration ?? {};
  const word = {
    fresh: () => _("runs r{n}", { n: told.revision }),
    waits: () => _("runs r{n}, r{m} is waiting", { n: told.revision, m: told.desired_revision }),
    refused: () => _("runs r{n}, r{m} refused", { n: told.revision, m: told.refused_revision }),
    none: () => _("runs no configuration"),
  }[stand]();
  return html`<span class="rev rev-${stand}">${icon(SHAPE[stand])}<span class="num">${word}</span></span>`;
}

/** Desired and running side by side, for the page of one source. */
export function runningTemplate(source) {
  const told = source.configuration ?? {};
  const one = (name, revision, at) => html`<div><dt>${name}</dt><dd class="num"><b>${revision ? `r${revision}` : "–"}</b>${at ? html` <small class="muted">${_("since {time}", { time: `${isoDay(at)} ${clock(at)}` })}</small>` : nothing}</dd></div>`;
  return html`<p>${runningMark(source)}</p><dl class="facts">${one(_("Desired"), told.desired_revision, told.desired_at)}${one(_("Runs now"), told.revision, told.revision_at)}</dl>
    ${told.detail ? html`<p class="bad">${told.detail} <span class="mono">(${told.reason})</span></p>` : nothing}`;
}
