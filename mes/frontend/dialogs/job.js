// Pausing with a reason and completing a job, also with less than was ordered.
import { count } from "../lib/format.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { keypad, pressed } from "../lib/keypad.js";
import { reasonsOf } from "../lib/reasons.js";
import { choice, foot, head } from "./parts.js";

/** `host` is the terminal or the job list: {unit, update(), closeDialog(), act(job, action, body, label)}. */
export class PauseDialog {
  constructor(host, job) {
    Object.assign(this, { host, job, reason: null });
  }

  template() {
    const { host, job } = this;
    const reasons = reasonsOf("pause", host.unit.code, () => host.update());
    const chosen = reasons.find((reason) => reason.code === this.reason);
    return html`<div class="dlg d3">
      ${head(_("Pause the job"), `${job.job_order} · ${nameOf(job.item_name, job.item)}`, () => host.closeDialog())}
      <div class="list"><h3>${_("Why?")}</h3><div class="rts r3 scroll">${reasons.map((reason) =>
        choice(reason.name, this.reason === reason.code, () => { this.reason = reason.code; host.update(); }))}</div>
        ${reasons.length ? nothing : html`<p class="muted">${_("No pause reasons are set up; the job can be paused without one.")}</p>`}</div>
      ${foot(_("The order stays loaded. No quantity is needed."),
        chosen ? _("Pause: {name}", { name: nameOf(chosen.name) }) : reasons.length ? _("Choose a reason") : _("Pause"),
        Boolean(chosen) || !reasons.length, () => this.submit())}</div>`;
  }

  async submit() {
    const entry = await this.host.act(this.job, "pause", { reason: this.reason }, _("Pause {job}", { job: this.job.job_order }));
    if (entry.id && this.host.dialog === this) this.host.closeDialog();
  }
}

export class CompleteDialog {
  constructor(host, job, counted) {
    Object.assign(this, { host, job, counted, form: { good: 0, scrap: 0 }, field: "good" });
  }

  template() {
    const { host, job, form } = this;
    const total = Number(job.good) + form.good;
    const left = Math.max(0, Number(job.ordered) - total);
    return html`<div class="dlg d3">
      ${head(_("Complete the job"), `${job.job_order} · ${nameOf(job.item_name, job.item)}`, () => host.closeDialog())}
      <div class="cols c1">${this.counted ? html`<div class="left"><p class="muted">${_("The machine counts; nothing has to be typed.")}</p></div>` : this.entry()}
        <div class="right">
          <dl class="sum"><div><dt>${_("Good")}</dt><dd class="num">${count(total)}</dd></div>
            <div><dt>${_("Ordered")}</dt><dd class="num">${count(job.ordered)}</dd></div>
            <div><dt>${_("To go")}</dt><dd class="num ${left ? "dn" : ""}">${count(left)}</dd></div></dl>
          ${left ? html`<p class="nb">${icon("info")}<span>${_("Less than ordered: the rest stays open in the work order and can be dispatched again.")}</span></p>` : nothing}
        </div></div>
      ${foot(_("The job ends now. It cannot be started again."), _("Complete with {n}", { n: count(total) }), true, () => this.submit())}</div>`;
  }

  entry() {
    const { form, host } = this;
    const display = (field, label) => html`<button type="button" class="disp" aria-pressed=${this.field === field ? "true" : "false"}
      @click=${() => { this.field = field; host.update(); }}><span class="lb">${label}</span><output class="num">${count(form[field])}</output></button>`;
    return html`<div class="left"><div class="fields" role="group" aria-label=${_("What is entered")}>${display("good", _("Last good"))}${display("scrap", _("Last reject"))}</div>
      ${keypad((name) => { form[this.field] = pressed(form[this.field], name); host.update(); })}</div>`;
  }

  async submit() {
    const { form } = this;
    const body = this.counted ? {} : Object.fromEntries(Object.entries(form).filter(([, value]) => value > 0));
    const entry = await this.host.act(this.job, "complete", body, _("Complete {job}", { job: this.job.job_order }));
    if (entry.id && this.host.dialog === this) this.host.closeDialog();
  }
}
