// A4, the job list of one machine: running, ready in order of priority and due, done.
import { get } from "../lib/api.js";
import { problemText } from "../lib/refusal.js";
import { count } from "../lib/format.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { dueText, duration, endText, instant, now } from "../lib/time.js";
import { UnitPage } from "../lib/unit-page.js";
import { cameraButton, languageSwitch, linkBox, themeSwitch } from "../terminal/head.js";

const REFRESH_MS = 20000;
const dialogs = () => import("../dialogs/of-jobs.js");
const ORDER = { running: 0, paused: 1, dispatched: 2, completed: 3, cancelled: 4 };

class Jobs extends UnitPage {
  jobs = null;
  error = "";
  filter = "open";
  #readAt = -Infinity;
  #answered = null;
  #first = new Promise((resolve) => (this.#answered = resolve));

  start() {
    this.wanted = new URLSearchParams(location.search).get("order");
    super.start();
  }

  /** The first answer is here, whichever. */
  shown() {
    return this.#first;
  }

  comeLater() {
    super.comeLater();
    this.part(dialogs).catch(() => {});
  }

  template() {
    if (performance.now() - this.#readAt > REFRESH_MS) this.read();
    const shown = this.sorted();
    const next = shown.find((job) => job.state === "dispatched" && !job.blocked);
    return html`<header class="ot"><a class="btn tap" href="/terminal/${this.unit.code}">${icon("right", "flip")}<span>${_("Terminal")}</span></a>
        <div class="who"><h1>${_("Jobs")}</h1><span>${nameOf(this.unit.name, this.unit.code)}</span></div>
        <div class="scan">${icon("scan")}<span>${_("Scan an order barcode to open it")}</span></div>
        ${linkBox(this)}<mes-clock class="clk"></mes-clock>${cameraButton(this)}${themeSwitch()}${languageSwitch()}</header>
      <main id="main"><div class="flt" role="group" aria-label=${_("Filter")}>
          ${this.filterButton("open", _("To do"), (job) => !done(job))}${this.filterButton("done", _("Done"), done)}
          <button type="button" class="btn tap" @click=${() => this.openFrom(dialogs, (part) => new part.EntriesDialog(this))}>${icon("reason")}<span>${_("Entries and corrections")}</span></button>
          <span class="why">${icon("info")}<span>${_("Order: running, priority, due.")}</span></span></div>
        ${this.list(shown, next)}</main>${this.overlay()}`;
  }

  list(shown, next) {
    if (this.error) return html`<p class="empty" role="alert">${this.error}</p>`;
    if (!this.jobs) return html`<p class="empty">${_("Loading")}</p>`;
    if (!shown.length) return html`<p class="empty">${_("No job here. Dispatch a released work order to this machine.")}</p>`;
    return html`<ol class="joblist" tabindex="0" aria-label=${_("Jobs")}>${shown.map((job) => this.card(job, job === next))}</ol>`;
  }

  sorted() {
    const wanted = (job) => (this.wanted && (job.order === this.wanted || job.job_order === this.wanted) ? 0 : 1);
    const due = (job) => instant(job.due) ?? Infinity;
    return (this.jobs ?? [])
      .filter((job) => done(job) === (this.filter === "done"))
      .sort((a, b) => wanted(a) - wanted(b) || ORDER[a.state] - ORDER[b.state] || (b.priority ?? 0) - (a.priority ?? 0) || due(a) - due(b));
  }

  filterButton(key, label, test) {
    const size = (this.jobs ?? []).filter(test).length;
    return html`<button type="button" class="btn tap f" aria-pressed=${this.filter === key ? "true" : "false"}
      @click=${() => { this.filter = key; this.update(); }}><span>${label}</span> <b class="num">${size}</b></button>`;
  }

  card(job, isNext) {
    const share = job.ordered > 0 ? Math.min(100, (job.good / job.ordered) * 100) : 0;
    const left = job.due ? instant(job.due) - now() : null;
    const kind = job.state === "running" ? "run" : job.blocked ? "blocked" : isNext ? "next" : "";
    return html`<li class="jobcard ${kind}"><div><div class="tp">${mark(job)}${job.priority > 0 ? html`<span class="mark">${icon("star")}<span>${_("Priority")}</span></span>` : nothing}<span class="num faint">${job.job_order}</span></div>
        <h2>${nameOf(job.item_name, job.item)} ${job.item}</h2>${machine(job)}</div>
      <div><span class="lb">${_("Done / ordered")}</span><span class="num qv"><b>${count(job.good)}</b> / ${count(job.ordered)}</span>
        <div class="bar" aria-hidden="true"><i style="width:${share.toFixed(1)}%"></i></div></div>
      <div class="due ${left !== null && left < 0 && !done(job) ? "late" : ""}"><span class="lb">${_("Due {when}", { when: dueText(job.due) })}</span>
        <b class="num">${left === null || done(job) ? nothing : html`${icon("clock")}<span>${left < 0 ? _("{time} late", { time: duration(-left) }) : duration(left)}</span>`}</b>${expected(job)}</div>
      <div class="d">${this.buttons(job, isNext)}</div></li>`;
  }

  buttons(job, isNext) {
    if (done(job)) return nothing;
    if (job.blocked) return html`<span class="blk">${icon("lock")}<b>${nameOf(job.blocked.name, job.blocked.code)}</b></span>`;
    const big = (label, symbol, run, extra) => html`<button type="button" class="btn tap main ${extra}" @click=${run}>${icon(symbol)}<span>${label}</span></button>`;
    if (job.state === "dispatched") return big(_("Start"), "run", () => this.step(job, "start", _("Start {job}", { job: job.job_order })), isNext ? "primary" : "second");
    const complete = big(_("Complete"), "check", () => this.openFrom(dialogs, (part) => new part.CompleteDialog(this, job, this.tile?.counted)), "");
    if (job.state === "paused") return html`${big(_("Resume"), "run", () => this.step(job, "resume", _("Resume {job}", { job: job.job_order })), "second")}${complete}`;
    return html`${big(_("Pause"), "stop", () => this.openFrom(dialogs, (part) => new part.PauseDialog(this, job)), "")}${complete}`;
  }

  step(job, action, label) {
    return this.act(job, action, {}, label);
  }

  sent(detail) {
    super.sent(detail);
    this.read();
  }

  orderScanned(text) {
    this.wanted = text;
    this.filter = "open";
    this.update();
  }

  async read() {
    this.#readAt = performance.now();
    try {
      const answer = await get(`/api/v1/job-orders?work_unit=${encodeURIComponent(this.unit.code)}`);
      this.jobs = answer.items ?? [];
      this.error = "";
    } catch (problem) {
      if (!this.jobs) this.error = problemText(problem);
    }
    this.update();
    this.#answered();
  }
}

function done(job) {
  return job.state === "completed" || job.state === "cancelled";
}

/** When it will be done at the present pace, told apart where that is after its due. */
function expected(job) {
  if (done(job) || !job.expected_end) return nothing;
  const late = job.due && instant(job.expected_end) > instant(job.due);
  return html`<span class="lb xe ${late ? "late" : ""}">${late ? icon("clock") : nothing}<span>${_("Expected end {time}", { time: endText(job.expected_end) })}${late ? ` · ${_("after its due")}` : ""}</span></span>`;
}

/** What the machine says of the job that it was handed last, or why it does not have it. */
function machine(job) {
  const tried = (row) => row.command_id.replace(/\.\d+$/, "");
  const last = job.writes?.at(-1);
  if (!last) return nothing;
  const failed = job.writes.find((row) => tried(row) === tried(last) && row.outcome && row.outcome !== "confirmed");
  const states = last.after?.state?.states?.join(" · ");
  if (failed) return html`<p class="mc no">${icon("ne-fail")}<span>${failed.outcome === "unknown" ? _("No answer from the machine. Look at it.") : _("The machine did not take it. Look at it.")} <span class="faint">${failed.code}</span></span></p>`;
  if (last.outcome) return html`<p class="mc">${icon("check")}<span>${states ? _("Machine: {state}", { state: states }) : _("Machine has it")}</span></p>`;
  return nothing;
}

function mark(job) {
  if (job.state === "running") return html`<span class="state is-running">${icon("run")}${_("In work")}</span>`;
  if (job.state === "paused") return html`<span class="mark">${icon("stop")}<span>${_("Paused")}</span></span>`;
  if (done(job)) return html`<span class="mark">${icon("check")}<span>${job.state === "cancelled" ? _("Cancelled") : _("Done")}</span></span>`;
  return html`<span class="mark">${icon("check")}<span>${_("Ready")}</span></span>`;
}

customElements.define("mes-jobs", Jobs);
