// A3, the operator terminal of one machine.
import { get } from "../lib/api.js";
import { keptDraft } from "../lib/draft.js";
import { _, nameOf } from "../lib/i18n.js";
import { html } from "../lib/island.js";
import { openStops, stopLength, stopsOf } from "../lib/stops.js";
import { instant, now } from "../lib/time.js";
import { UnitPage } from "../lib/unit-page.js";
import { actions } from "../terminal/actions.js";
import { band } from "../terminal/band.js";
import { terminalHead } from "../terminal/head.js";
import { jobPanel } from "../terminal/job.js";
import { recent } from "../terminal/recent.js";
import { timeline } from "../terminal/timeline.js";

const ENTRIES_REFRESH_MS = 30000;

// The dialogs are a third of the page: they come right behind what shows the machine.
let laterDialogs = null;

class Terminal extends UnitPage {
  entries = [];
  answered = new Set();
  offered = new Set();
  #readAt = -Infinity;

  start() {
    super.start();
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(this);
    if (keptDraft(this.unit.code)) this.openQuantity();
    if (location.hash.startsWith("#LOT-")) this.lotScanned(location.hash.slice(1));
  }

  comeLater() {
    super.comeLater();
    this.loadLater().then((dialogs) => this.ready(dialogs), () => {});
  }

  async loadLater() {
    return (laterDialogs ??= await this.part(() => import("../dialogs/later.js")));
  }

  ready(dialogs) {
    this.instruction = new dialogs.InstructionFollower(this);
    dialogs.readReasons(this.unit.code);
  }

  /** Stops that wait for a reason. */
  get open() {
    return openStops(this.history.items(this.unit.code), this.answered);
  }

  template() {
    const { tile } = this;
    this.history.follow(tile);
    if (performance.now() - this.#readAt > ENTRIES_REFRESH_MS) this.reloadEntries();
    this.offerReason();
    if (tile?.quality_checks?.length && !this.quality) this.followChecks();
    const lost = ["network", "server"].includes(this.link);
    this.classList.toggle("stale", lost || tile?.state === "unknown");
    return html`${terminalHead(this)}<main id="main"><h1 class="sr">${_("Operator terminal")} ${nameOf(this.unit.name)}</h1>
      ${band(this)}${this.quality?.bar()}<div class="grid">${jobPanel(this)}${actions(this)}${timeline(this)}${recent(this)}</div></main>${this.overlay()}`;
  }

  rendered() {
    super.rendered();
    this.measure();
  }

  measure() {
    const width = this.querySelector(".flags")?.clientWidth ?? 0;
    if (!width || width === this.timelineWidth) return;
    this.timelineWidth = width;
    this.update();
  }

  // The picker opens by itself, once per stop, after the minor-stop limit.
  offerReason() {
    const { tile } = this;
    const stop = this.open.at(-1);
    if (!tile?.needs_reason || this.dialog || !stop || stop.end !== null || this.offered.has(stop.start)) return;
    if (stopLength(stop, now()) <= (tile.minor_stop_limit_s ?? 300) * 1000) return;
    if (!laterDialogs) return;
    this.offered.add(stop.start);
    this.dialog = new laterDialogs.StopDialog(this, this.open, this.open.length - 1);
  }

  async reloadEntries() {
    this.#readAt = performance.now();
    try {
      const answer = await get(`/api/v1/work-units/${this.unit.code}/entries`);
      this.entries = answer.items ?? [];
      this.update();
    } catch {
      // The entries last read stay; the link box says that the server is lost.
    }
  }

  /** Open a dialog, once their part of the page is here. */
  async openLater(make) {
    await this.openFrom(() => this.loadLater(), make);
  }

  /** Quality checks come with their part of the page once a plan asks for them here. */
  followChecks() {
    this.checksPart ??= this.part(() => import("../quality/follower.js"), this.dataset.qualitySheet).then(
      ({ CheckFollower }) => {
        this.quality = new CheckFollower(this);
        this.update();
      },
      () => (this.checksPart = null),
    );
    return this.checksPart ?? Promise.resolve();
  }

  openQuantity(field, lot = null) {
    const draft = keptDraft(this.unit.code);
    this.openLater((dialogs) => {
      const dialog = new dialogs.QuantityDialog(this, draft?.field ?? field, draft?.form ?? null);
      dialog.previous = draft?.previous ?? null;
      if (lot) dialog.form.lot = lot;
      return dialog;
    });
  }

  /** The entry that is open takes the lot; without one it opens with it. */
  lotScanned(lot) {
    if (this.dialog?.takeLot) return this.dialog.takeLot(lot);
    if (this.dialog) return this.say(_("Close this first, then scan the lot again."), null);
    return this.openQuantity("good", lot);
  }

  async openLabel(job, entry = null) {
    await this.openFrom(() => import("../dialogs/label.js"), ({ LabelDialog }) => new LabelDialog(this, job, entry));
  }

  openStops(index) {
    const open = this.open;
    if (!open.length) return this.openStopList();
    this.openLater((dialogs) => new dialogs.StopDialog(this, open, index ?? open.length - 1));
  }

  openCall() {
    this.openLater((dialogs) => new dialogs.CallDialog(this));
  }

  /** All stops of the shift. */
  get allStops() {
    return stopsOf(this.history.items(this.unit.code));
  }

  /** Any stop of the shift, explained or not. */
  openAnyStop(start, mends = null) {
    const stops = this.allStops;
    const index = stops.findIndex((stop) => instant(stop.start) === instant(start));
    if (index < 0) return mends && this.say(_("This stop is no longer there. The entry stays in the list until it is thrown away."), null);
    return this.openLater((dialogs) => {
      const dialog = new dialogs.StopDialog(this, stops, index, false);
      return mends ? dialog.mending(mends) : dialog;
    });
  }

  openStopList() {
    if (!this.allStops.length) return this.say(_("There is no stop in this shift."), null);
    this.openLater((dialogs) => new dialogs.StopListDialog(this));
  }

  get mayDeclare() {
    return this.leads;
  }

  openDeclare(start, end) {
    this.openLater((dialogs) => new dialogs.DeclareDialog(this, start, end));
  }

  openStop(start) {
    this.openStops(Math.max(0, this.open.findIndex((stop) => instant(stop.start) === instant(start))));
  }

  pause() {
    const { job } = this.tile;
    this.openLater((dialogs) => new dialogs.PauseDialog(this, job));
  }

  resume() {
    const { job } = this.tile;
    return this.act(job, "resume", {}, _("Resume {job}", { job: job.job_order }));
  }

  complete() {
    const { job, counted } = this.tile;
    this.openLater((dialogs) => new dialogs.CompleteDialog(this, job, counted));
  }

  /** Open a refused entry again with what was typed. */
  mend(entry) {
    if (entry.form.kind === "quantity") {
      return this.openLater((dialogs) => {
        const dialog = new dialogs.QuantityDialog(this, entry.form.field, { ...entry.form.form });
        dialog.previous = entry.id;
        return dialog;
      });
    }
    if (entry.form.kind === "instruction") return this.instruction?.open(entry);
    if (entry.form.kind === "check") return this.followChecks().then(() => this.quality?.mend(entry));
    if (entry.form.kind === "instruction") return this.instruction?.open(entry);
    if (entry.form.kind === "call") {
      this.outbox.discard(entry.id);
      return this.openCall();
    }
    this.answered.delete(instant(entry.form.start));
    this.history.expire(this.unit.code);
    return this.openAnyStop(entry.form.start, entry);
  }
}

customElements.define("mes-terminal", Terminal);
