// What was entered on a machine: old and new values, undo and correct any of it, move pieces.
import { get } from "../lib/api.js";
import { entryWords } from "../lib/entry-words.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { clock, isoDay, now } from "../lib/time.js";
import { head } from "./parts.js";
import { MoveDialog } from "./move.js";
import { QuantityDialog } from "./quantity.js";

const PAGE = 100;

export class EntriesDialog {
  /** `host`: the job list or the terminal, with `jobs` {job_order, state, good, scrap}. */
  constructor(host) {
    Object.assign(this, { host, items: null, next: null, failed: false });
    this.read();
  }

  async read(before = null) {
    const { host } = this;
    const query = `kind=quantity,move&limit=${PAGE}${before === null ? "" : `&before=${before}`}`;
    try {
      const answer = await get(`/api/v1/work-units/${encodeURIComponent(host.unit.code)}/entries?${query}`);
      const found = answer.items ?? [];
      this.items = before === null ? found : [...(this.items ?? []), ...found];
      Object.assign(this, { next: answer.next ?? null, failed: false });
    } catch {
      this.failed = true;
    }
    host.update();
  }

  template() {
    const { host } = this;
    const move = host.leads
      ? html`<button type="button" class="btn tap" @click=${() => host.openDialog(new MoveDialog(host))}>${icon("box")}<span>${_("Move production")}</span></button>`
      : nothing;
    return html`<div class="dlg dl">${head(_("Entries and corrections"), nameOf(host.unit.name, host.unit.code), () => host.closeDialog(), _("Close"), move)}
      <ul class="stops" tabindex="0" aria-label=${_("Entries and corrections")}>${this.rows()}</ul></div>`;
  }

  rows() {
    if (this.failed && !this.items) return html`<li class="muted">${_("The server does not answer.")}</li>`;
    if (!this.items) return html`<li class="muted">${_("Loading")}</li>`;
    if (!this.items.length) return html`<li class="muted">${_("No pieces entered here yet. Checks and stop reasons stand in the recent entries of the terminal.")}</li>`;
    return html`${this.items.map((item) => this.row(item))}
      ${this.next === null ? nothing : html`<li><button type="button" class="btn tap" @click=${() => this.read(this.next)}>${_("Older")}</button></li>`}`;
  }

  row(item) {
    const pureVoid = Boolean(item.voids) && !Number(item.good) && !Number(item.scrap) && !Number(item.rework);
    const day = isoDay(item.at) === isoDay(now()) ? "" : `${isoDay(item.at)} `;
    return html`<li class="ent ${item.voided ? "void" : ""}"><span class="num t">${day}${clock(item.at)}</span>${icon(item.kind === "move" ? "box" : "plus")}
      <span class="x"><span>${pureVoid ? _("Taken back") : entryWords(item)}</span><small>${[item.person, item.job_order, item.note].filter(Boolean).join(" · ")}</small></span>
      ${item.voided ? html`<span class="vd">${_("Voided")}</span>` : pureVoid ? nothing : this.buttons(item)}</li>`;
  }

  buttons(item) {
    const { host } = this;
    const undo = html`<button type="button" class="btn tap" @click=${() => this.undo(item)}>${icon("undo")}<span>${_("Undo")}</span></button>`;
    if (item.kind === "move") return host.leads ? undo : nothing;
    return html`<button type="button" class="btn tap" @click=${() => host.openDialog(QuantityDialog.correcting(host, item))}>${icon("edit")}<span>${_("Correct")}</span></button>${undo}`;
  }

  async undo(item) {
    const { host } = this;
    const url = item.kind === "move" ? `/api/v1/moves/${item.command_id}/void` : `/api/v1/quantities/${item.command_id}/void`;
    await host.send(url, {}, { label: _("Undo {what}", { what: entryWords(item) }) });
  }

  /** Something was answered: read again. */
  answered() {
    this.read();
  }
}
