// The last values of one source, each with quality, reason and age.
import { count } from "../lib/format.js";
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { ageText, realAge } from "../lib/time.js";

const SHOWN_MAX = 300;

/** A section with the values; bad ones keep the last good one beside them. */
export function valuesOf(source) {
  const values = source.values ?? [];
  return html`<section class="card vals" aria-labelledby="s2"><h2 id="s2">${_("Last values")} <span class="mono">${source.source}</span></h2>
    ${values.length ? html`<div class="tw" tabindex="0" role="region" aria-label=${_("Last values, scrolls")}><table><thead><tr><th scope="col">${_("Tag")}</th><th scope="col" class="n">${_("Value")}</th><th scope="col">${_("Quality")}</th><th scope="col">${_("Reason")}</th><th scope="col" class="n">${_("Age")}</th></tr></thead>
      <tbody>${values.slice(0, SHOWN_MAX).map(valueRow)}</tbody></table></div>` : html`<p class="muted">${_("No value was received yet.")}</p>`}</section>`;
}

function valueRow(value) {
  const quality = { 0: "good", 1: "uncertain", 2: "bad" }[value.quality] ?? value.quality;
  const [symbol, word] = { good: ["link", _("In order")], uncertain: ["ne-spec", _("Uncertain")], bad: ["ne-fail", _("Bad")] }[quality] ?? ["nodata", quality];
  return html`<tr><td class="mono">${value.tag}</td><td class="n"><b>${valueText(value)}</b>${value.last_good ? html`<br><span class="muted">${_("last good")} ${valueText({ ...value.last_good, unit: value.unit })}, ${ageText(realAge(value.last_good.at))}</span>` : nothing}</td>
    <td><span class="q q-${quality}">${icon(symbol)}${word}</span></td><td class="muted">${value.reason ?? ""}</td><td class="n">${ageText(realAge(value.at))}</td></tr>`;
}

function valueText({ value, unit }) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? _("on") : _("off");
  return [typeof value === "number" ? count(value) : value, unit].filter(Boolean).join(" ");
}
