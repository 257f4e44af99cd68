// The grid of work orders: one row an order, totals below, late dues in words and red.
import { count, percent } from "../lib/format.js";
import { _, counted, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { clock, instant, isoDay, now } from "../lib/time.js";
import { stateLabel, stateSymbol } from "./states.js";

export function orderGrid(page, rows) {
  if (!page.orders) return html`<section class="card grid"><p class="empty">${page.error ? nothing : _("Loading")}</p></section>`;
  const total = (name) => count(rows.reduce((sum, order) => sum + Number(order[name] ?? 0), 0));
  return html`<section class="card grid" aria-label=${_("Work order grid")}>
    <div class="tw ${page.form ? "" : "whole"}" tabindex="0" role="region" aria-label=${_("Grid, scrolls sideways")}><table>
      <thead><tr><th scope="col">${_("Order no.")}</th><th scope="col">${_("Item")}</th><th scope="col">${_("Name")}</th><th scope="col">${_("Machine")}</th>
        <th scope="col" class="n">${_("Ordered")}</th><th scope="col" class="n">${_("Good")}</th><th scope="col" class="n">${_("Reject")}</th>
        <th scope="col">${_("Progress")}</th><th scope="col">${_("Due")}</th><th scope="col">${_("Status")}</th></tr></thead>
      <tbody>${rows.length ? rows.map((order) => row(page, order)) : html`<tr><td colspan="10" class="muted">${_("No work order fits these conditions.")}</td></tr>`}</tbody>
      <tfoot><tr><th scope="row" colspan="4">${counted(rows.length, _("1 order, total"), _("{n} orders, total", { n: rows.length }))}</th><td class="n">${total("ordered")}</td><td class="n"><b>${total("good")}</b></td><td class="n">${total("scrap")}</td><td colspan="3"></td></tr></tfoot>
    </table></div></section>`;
}

function row(page, order) {
  const share = order.ordered > 0 ? order.good / order.ordered : 0;
  const chosen = page.selected === order.order;
  return html`<tr class=${chosen ? "sel" : ""} aria-selected=${chosen ? "true" : "false"}>
    <td><button type="button" class="linklike num" @click=${() => page.open(order)}>${order.order}</button></td>
    <td>${order.item}</td><td>${nameOf(order.item_name)}</td><td>${machines(page, order)}</td>
    <td class="n">${count(order.ordered)}</td><td class="n"><b>${count(order.good)}</b></td><td class="n">${count(order.scrap)}</td>
    <td class="pgc"><span class="bar" aria-hidden="true"><i style="width:${Math.min(100, share * 100).toFixed(1)}%"></i></span><span class="num">${percent(share, 0)} %</span></td>
    <td class="num">${due(order)}</td>
    <td><span class="ost o-${order.state}">${icon(stateSymbol(order.state))}<span>${stateLabel(order.state)}</span></span></td></tr>`;
}

function machines(page, order) {
  const codes = [...new Set((order.job_orders ?? []).map((job) => job.work_unit))];
  return codes.map((code) => nameOf(page.units.find((unit) => unit.code === code)?.name, code)).join(", ") || "–";
}

function due(order) {
  const at = instant(order.due);
  if (at === null) return "–";
  const late = at < now() && ["created", "released", "running"].includes(order.state);
  return html`<span class=${late ? "late" : ""}>${isoDay(at).slice(5)} ${clock(at)}${late ? html`${icon("clock")}<span class="sr">${_("late")}</span>` : nothing}</span>`;
}
