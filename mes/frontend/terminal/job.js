// The running job: good, reject, ordered, progress; gap, cycle, OEE and expected end below.
import { count, percent, signClass, signed } from "../lib/format.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { endText } from "../lib/time.js";
import { whyAddress } from "../lib/why.js";

export function jobPanel(terminal) {
  const { tile } = terminal;
  const job = tile?.job;
  return html`<section class="job" aria-label=${_("Running job")}>
    <div class="jh"><div>${job ? html`<span class="faint num">${job.job_order ?? job.order}</span><h2>${nameOf(job.item_name, job.item)} ${job.item}</h2>` : html`<h2>${_("No order loaded")}</h2>`}</div>
      <div class="jb">${job ? html`<button type="button" class="btn tap" @click=${() => terminal.complete()}>${icon("check")}<span>${_("Complete")}</span></button>
        <button type="button" class="btn tap" aria-label=${_("Label")} title=${_("Label")} @click=${() => terminal.openLabel(job.job_order)}>${icon("print")}</button>` : nothing}
        <a class="btn tap" href="/jobs/${terminal.unit.code}"><span>${_("Jobs")}</span>${icon("right")}</a></div></div>
    ${job ? figures(job) : shiftFigures(tile)}
    ${pace(tile, job)}
  </section>`;
}

function figures(job) {
  const share = job.ordered > 0 ? job.good / job.ordered : 0;
  return html`<div class="three"><div><span class="lb">${_("Good")}</span><b class="g num">${count(job.good)}</b></div>
      <div><span class="lb">${_("Reject")}</span><b class="r num">${count(job.scrap)}</b></div>
      <div><span class="lb">${_("Ordered")}</span><b class="o num">${count(job.ordered)}</b></div></div>
    <div class="pg"><div class="bar" aria-hidden="true"><i style="width:${Math.min(100, share * 100).toFixed(1)}%"></i></div>
      <span class="num"><b>${percent(share)} %</b> · ${_("{n} to go", { n: count(Math.max(0, job.ordered - job.good)) })}</span></div>`;
}

function shiftFigures(tile) {
  return html`<div class="three"><div><span class="lb">${_("Good this shift")}</span><b class="g num">${count(tile?.good)}</b></div>
    <div><span class="lb">${_("Reject")}</span><b class="r num">${count(tile?.scrap)}</b></div><div></div></div>`;
}

function pace(tile, job) {
  if (!tile) return nothing;
  const gap = tile.target === null || tile.target === undefined ? null : Math.round(tile.good - tile.target);
  const ideal = tile.ideal_cycle_s === null || tile.ideal_cycle_s === undefined ? null : Number(tile.ideal_cycle_s);
  const cycle = ideal !== null && tile.effectiveness > 0 ? ideal / tile.effectiveness : null;
  return html`<dl class="pace">
    <div><dt>${_("Gap this shift")}</dt><dd class="num ${signClass(gap)}">${signed(gap)} <small>/ ${count(gap === null ? null : Math.round(tile.target))}</small></dd></div>
    <div><dt>${_("Cycle / standard")}</dt><dd class="num">${cycle === null ? "–" : cycle.toFixed(2)} <small>/ ${ideal === null ? "–" : ideal.toFixed(2)} ${_("s")}</small></dd></div>
    <div><dt>OEE</dt><dd class="num"><a class="whyl" href=${whyAddress(tile) ?? nothing}>${percent(tile.oee)} <small>% ${_("Why?")}</small></a></dd></div>
    <div><dt>${_("Expected end")}${job?.due ? html` · <span class="num">${_("due {time}", { time: endText(job.due) })}</span>` : nothing}</dt><dd class="num">${endText(job?.expected_end)}</dd></div></dl>`;
}
