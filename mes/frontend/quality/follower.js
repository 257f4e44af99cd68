// Quality checks of the machine: a bar with what is due, its plans kept on the device, the dialog.
import { Problem, get } from "../lib/api.js";
import { _, nameOf } from "../lib/i18n.js";
import { whenIdle } from "../lib/idle.js";
import { html, icon, nothing } from "../lib/island.js";
import { keep, kept } from "../lib/kept.js";
import { addWords, problemText } from "../lib/refusal.js";
import { checkWords, dueText, occasionWord } from "./words.js";

const REFRESH_MS = 300000;
const SHOWN = 3;
const ORDER = ["overdue", "due", "ahead"];

let part = null;
const load = async () => (part ??= await import("./dialog.js"));

export class CheckFollower {
  #readAt = -Infinity;
  #versions = "";

  constructor(host) {
    this.host = host;
    this.plans = kept(this.#name) ?? [];
    addWords(checkWords());
    whenIdle(() => load().catch(() => {}));
    host.outbox.addEventListener("sent", ({ detail }) => {
      if (/\/quality/.test(detail.entry.url)) this.#readAt = -Infinity;
      host.update();
    });
  }

  get #name() {
    return `checks:${this.host.unit.code}`;
  }

  /** Checks of the loaded job, the most pressing first; what was entered and not sent yet is marked. */
  get checks() {
    const found = (this.host.tile?.quality_checks ?? []).map((check) => ({ ...check, unsent: this.#unsent(check) }));
    return found.sort((a, b) => a.unsent - b.unsent || ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  }

  #unsent(check) {
    const { host } = this;
    return host.outbox.unsent.some((entry) => entry.form?.kind === "check" && entry.unit === host.unit.code && entry.body.plan === check.plan && entry.body.job_order === check.job_order);
  }

  bar() {
    const { checks } = this;
    this.#refresh(checks);
    if (!checks.length) return nothing;
    return html`<nav class="qc-bar" aria-label=${_("Quality checks")}>${checks.slice(0, SHOWN).map((check) => this.#button(check))}
      ${checks.length > SHOWN ? html`<button type="button" class="qc qc-ahead more" @click=${() => this.open(checks[SHOWN])}>${_("and {n} more", { n: checks.length - SHOWN })}</button>` : nothing}</nav>`;
  }

  #button(check) {
    const state = check.unsent ? "ahead" : check.state;
    const symbol = { overdue: "info", due: "shield", ahead: "clock" }[state];
    const why = [check.job_order !== this.host.tile?.job?.job_order && nameOf(check.item_name, check.item), state !== "ahead" && occasionWord(check.occasion)];
    const note = [...why, dueText(check)].filter(Boolean).join(" · "); // a check of a finished job names its item
    return html`<button type="button" class="qc qc-${state}" @click=${() => this.open(check)}>${icon(symbol)}<span><b>${nameOf(check.name, check.plan)}</b>
      <small class="num">${check.unsent ? _("Entered, unsent") : note}</small></span></button>`;
  }

  open(check) {
    const plan = this.planOf(check.plan, check.version);
    if (!plan) return this.host.say(_("The check could not be read from the server yet. Try again in a moment."), null);
    return this.#openDialog(plan, check);
  }

  /** A refused result again, with what was typed. */
  mend(entry) {
    const { plan, check, form } = entry.form;
    return this.#openDialog(plan, check, { ...form }, { previous: entry.id });
  }

  async #openDialog(plan, check, form = undefined, extra = {}) {
    const { host } = this;
    const { CheckDialog } = await load().catch(() => ({}));
    if (!CheckDialog) return host.say(problemText(new Problem(0)), null);
    return host.openDialog(Object.assign(new CheckDialog(host, this, plan, check, form), extra));
  }

  planOf(code, version) {
    return this.plans.find((plan) => plan.plan === code && plan.version === version) ?? this.plans.find((plan) => plan.plan === code) ?? null;
  }

  async void(id, label) {
    const { host } = this;
    if (await host.outbox.discard(id)) return;
    await host.send(`/api/v1/quality/results/${id}/void`, {}, { label: _("Undo {what}", { what: label }) });
  }

  // Read anew when a plan has another version, after a result, and now and then.
  #refresh(checks) {
    const versions = checks.map((check) => `${check.plan}@${check.version}`).sort().join();
    if (versions === this.#versions && performance.now() - this.#readAt < REFRESH_MS) return;
    this.#versions = versions;
    this.#readAt = performance.now();
    this.#read();
  }

  async #read() {
    const { host } = this;
    try {
      const { items } = await get(`/api/v1/work-units/${encodeURIComponent(host.unit.code)}/quality-checks`);
      this.plans = items;
      keep(this.#name, items);
      host.update();
    } catch {
      // The plans last read stay.
    }
  }
}
