// Suspect counts: where, when, what the counter showed, why it is not believed, what was decided.
import { count } from "../lib/format.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { clockSeconds, day, elapsed, instant } from "../lib/time.js";

export function suspectCounts(page, checks) {
  if (!checks.length) {
    return html`<p class="empty">${icon("check")} ${page.list === "open" ? _("No count waits for a decision.") : _("Nothing was decided yet.")}</p>`;
  }
  return html`<div class="tw checks" tabindex="0" role="region" aria-label=${_("Suspect counts, scrolls sideways")}><table>
    <thead><tr><th scope="col">${_("Machine")}</th><th scope="col">${_("When")}</th><th scope="col" class="n">${_("Counter before")}</th><th scope="col" class="n">${_("Counter after")}</th>
      <th scope="col" class="n">${_("Increase")}</th><th scope="col" class="n">${_("At most possible")}</th><th scope="col">${_("Why it waits")}</th><th scope="col">${_("Decision")}</th></tr></thead>
    <tbody>${checks.map((check) => row(page, check))}</tbody></table></div>`;
}

function row(page, check) {
  const chosen = page.decision?.isOf(check);
  return html`<tr class=${chosen ? "sel" : ""}><th scope="row">${nameOf(check.name, check.work_unit)}<br><span class="mono muted">${check.tag}</span></th>
    <td>${when(check)}</td><td class="n">${count(check.old)}</td><td class="n">${count(check.new)}</td><td class="n"><b>${count(check.amount)}</b></td>
    <td class="n">${count(check.most)}</td><td class="why-cell">${whyText(check)}</td><td>${decisionCell(page, check, chosen)}</td></tr>`;
}

function decisionCell(page, check, chosen) {
  return html`${check.decision ? html`<span class="said"><b>${decisionText(check.decision)}</b>${check.decision.person ? html` <span class="muted">${check.decision.person}</span>` : nothing}
      ${check.decision.note ? html`<br><span class="muted">${check.decision.note}</span>` : nothing}</span>` : nothing}
    ${page.mayDecide ? html`<button type="button" class="btn" aria-pressed=${chosen ? "true" : "false"} @click=${() => page.decide(chosen ? null : check)}>${check.decision ? _("Change") : _("Decide")}</button>`
      : check.decision ? nothing : html`<span class="muted">${_("Waits")}</span>`}`;
}

/** Day, time, and how long it took since the reading before. */
export function when(check) {
  const from = Math.max(instant(check.since), check.gap_from ? instant(check.gap_from) : -Infinity);
  return html`${day(check.at)} <b class="num">${clockSeconds(check.at)}</b><br><span class="muted">${
    check.gap_from ? _("after a gap of {time}", { time: elapsed(instant(check.at) - from) }) : _("{time} after the reading before", { time: elapsed(instant(check.at) - from) })}</span>`;
}

/** Why the rule of the counter does not believe it, in words. */
export function whyText(check) {
  return {
    dropped: _("The counter went back, which it never does by itself."),
    out_of_range: _("The counter cannot show this value."),
    impossible: _("No machine makes so many pieces."),
    too_fast: check.new < check.old ? _("The counter fell; a full turn would be faster than the machine.") : _("Faster than the machine can make pieces."),
  }[check.why] ?? check.why;
}

/** What was decided, in words. */
export function decisionText(decision) {
  return {
    accept: _("Counted in full"),
    drop: _("Left out"),
    amount: _("Counted: {n}", { n: count(decision.counts) }),
  }[decision.decision] ?? decision.decision;
}
