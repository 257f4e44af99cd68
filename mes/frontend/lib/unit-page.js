// What the terminal and the job list share: live tile, history, outbox, dialog, toast, scanner.
import { share } from "./chrome.js";
import { Problem } from "./api.js";
import { problemText } from "./refusal.js";
import { History } from "./history.js";
import { _ } from "./i18n.js";
import { Island, everySecond, html, icon, nothing } from "./island.js";
import { linkState } from "./link.js";
import { Live } from "./live.js";
import { Outbox } from "./outbox.js";
import { Hands } from "./hands.js";
import { whenIdle } from "./idle.js";
import { keep, kept } from "./kept.js";
import { keepPage } from "./keep-page.js";
import { listenToScanner, scanKind } from "./scanner.js";
import { partSheet } from "./part-sheet.js";
import { sheet, syncSheet } from "./sheet.js";
import { isCopy, now, speed } from "./time.js";

const TOAST_S = 10;
const DOUBLE_TAP_MS = 800;

// What a person opens comes right behind what shows the machine.
let dialogs = null;

export class UnitPage extends Island {
  dialog = null;
  toast = null;
  history = new History();
  outbox = new Outbox();
  hands = new Hands();
  #last = null;

  start() {
    this.unit = this.given("unit");
    this.line = this.given("line");
    this.canEnrol = this.given("canEnrol", false);
    this.live = share(new Live({ work_unit: this.unit.code }, this.given("tiles", [])).start());
    this.rememberTile();
    for (const source of [this.live, this.history, this.outbox]) source.addEventListener("change", () => this.update());
    this.live.addEventListener("connected", () => this.outbox.retry());
    this.outbox.addEventListener("sent", (event) => this.sent(event.detail));
    this.outbox.addEventListener("refused", (event) => this.refused(event.detail));
    this.outbox.addEventListener("sign-in-needed", () => this.openSignIn());
    this.outbox.start();
    this.stop = everySecond(this);
    listenToScanner((text) => this.scanned(text));
    this.hands.addEventListener("change", () => this.handsChanged());
    this.hands.addEventListener("locked", () => this.openSignIn());
    this.hands.start();
    this.handsChanged();
    keepPage();
    this.shown().then(() => whenIdle(() => this.comeLater()));
  }

  /** Fulfilled once the page shows what it is for; later parts come behind that. */
  async shown() {}

  /** The later parts, before somebody opens them: then the network may be gone. */
  comeLater() {
    this.loadDialogs().catch(() => {});
  }

  // A copy of the page that is opened without a server shows the tile last heard, not the copied one.
  rememberTile() {
    const name = `tile:${this.unit.code}`;
    const last = kept(name);
    if (last && isCopy) this.live.take([{ ...last, kept: true }]);
    this.live.addEventListener("beat", () => this.tile && keep(name, this.tile));
  }

  get person() {
    return this.hands.person;
  }

  get roles() {
    return this.hands.roles;
  }

  /** Whether the person may declare states and move pieces. */
  get leads() {
    return this.roles.some((role) => role === "supervisor" || role === "administrator");
  }

  get tile() {
    return this.live.tiles.get(this.unit.code) ?? null;
  }

  get link() {
    return linkState(this.live, this.tile ? [this.tile] : []);
  }

  /** When something was typed, in plant time. */
  deviceTime(madeMs) {
    return now() - (Date.now() - madeMs) * speed;
  }

  /** Keep and send a command; shows the toast with undo. */
  async send(url, body, { label, form = null, undo = null }) {
    const same = `${url} ${JSON.stringify(body)}`;
    if (this.#last?.same === same && performance.now() - this.#last.at < DOUBLE_TAP_MS) return this.#last.entry;
    const kept = this.outbox.add({ url, body, label, form, unit: this.unit.code });
    this.#last = { same, at: performance.now(), entry: kept.catch(() => ({ id: null })) };
    try {
      const entry = await kept;
      this.say(_("Saved: {what}", { what: label }), undo && (() => undo(entry.id)));
      return entry;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#last = null;
      this.say(problemText(problem), null);
      return { id: null };
    }
  }

  /** Start, pause, resume or complete a job. */
  act(job, action, body, label) {
    return this.send(`/api/v1/job-orders/${encodeURIComponent(job.job_order)}/${action}`, body, { label });
  }

  /** Undo an entry: thrown away while unsent, voided by a new statement afterwards. */
  async voidEntry(commandId, label) {
    if (await this.outbox.discard(commandId)) return;
    await this.send(`/api/v1/quantities/${commandId}/void`, {}, { label: _("Undo {what}", { what: label }) });
  }

  /** Whether an entry that was not answered yet can still be taken back. */
  mayUndo(entry) {
    return !entry.tried || /\/quantities$/.test(entry.url);
  }

  undoUnsent(entry) {
    return this.voidEntry(entry.id, entry.label);
  }

  /** A refused entry goes; for a while it can be brought back. */
  async throwAway(entry) {
    if (!(await this.outbox.discard(entry.id))) return;
    this.say(_("Thrown away: {what}", { what: entry.label }), () => this.outbox.restore(entry));
  }

  openOutbox() {
    this.withDialogs(({ OutboxDialog }) => this.openDialog(new OutboxDialog(this)));
  }

  async loadDialogs() {
    return (dialogs ??= await this.part(() => import("../dialogs/unit.js")));
  }

  /** A part that is opened later, once its style sheet is there too: that of dialogs or another. */
  async part(load, sheet = null) {
    const [part] = await Promise.all([load(), sheet ? partSheet(sheet) : partSheet(this.dataset.dialogSheet, { ahead: true })]);
    return part;
  }

  /** Open a dialog of a part that may still have to come. */
  async openFrom(load, make) {
    const part = await this.part(load).catch(() => this.say(problemText(new Problem(0)), null));
    if (part) this.openDialog(make(part));
  }

  /** Do something with the dialogs of every unit page: at once when they are here, else when they come. */
  withDialogs(act) {
    if (dialogs) act(dialogs);
    else this.loadDialogs().then(act, () => this.say(problemText(new Problem(0)), null));
  }

  say(text, undo) {
    this.toast = { text, undo, until: performance.now() + TOAST_S * 1000 };
    this.update();
  }

  sent() {
    this.history.expire(this.unit.code);
    this.reloadEntries?.();
    this.dialog?.answered?.();
  }

  refused({ entry, problem }) {
    this.say(`${entry.label}: ${problemText(problem)} (${problem.code})`, null);
  }

  openDialog(dialog) {
    this.dialog = dialog;
    this.update();
  }

  /** Read a code with the camera; what was open comes back and takes it. */
  async openCamera() {
    const part = await this.part(() => import("../dialogs/camera.js")).catch(() => this.say(problemText(new Problem(0)), null));
    if (part && !(this.dialog instanceof part.CameraDialog)) this.openDialog(new part.CameraDialog(this, this.dialog));
  }

  closeDialog() {
    if (this.dialog?.before !== undefined) return this.openDialog(this.dialog.before);
    const interrupted = this.dialog?.signsIn ? this.interrupted : null;
    this.interrupted = null;
    return this.openDialog(interrupted ?? null);
  }

  openSignIn(badge = null) {
    this.withDialogs(({ SignInDialog }) => {
      if (this.dialog?.signsIn) return;
      this.interrupted = this.dialog;
      this.openDialog(new SignInDialog(this, badge));
    });
  }

  /** Who is active has changed: entries are in that person's name from now on. */
  handsChanged() {
    const { session } = this.hands;
    const comes = session !== null && session !== this.outbox.session;
    this.outbox.session = session;
    if (comes) this.signedIn();
    this.update();
  }

  signedIn() {
    if (this.dialog?.signsIn) this.dialog = this.interrupted ?? null;
    this.interrupted = null;
    this.outbox.retry();
  }

  scanned(scanned) {
    const { kind, text } = scanKind(scanned);
    if (kind === "order") return this.orderScanned(text);
    if (kind === "lot") return this.lotScanned(text);
    if (kind === "unknown") return this.say(_("This code is neither an order nor a badge: {text}", { text }), null);
    if (this.dialog?.signsIn) return this.dialog.scanned(text);
    return this.openSignIn(text);
  }

  /** The terminal enters pieces of the lot. */
  lotScanned(text) {
    location.href = `/terminal/${this.unit.code}#${text}`;
  }

  orderScanned(text) {
    location.href = `/jobs/${this.unit.code}?order=${encodeURIComponent(text)}`;
  }

  overlay() {
    return html`${sheet(this)}${this.toastBox()}`;
  }

  toastBox() {
    const { toast } = this;
    if (!toast || toast.until < performance.now()) return html`<div role="status" class="toasts"></div>`;
    return html`<div role="status" class="toasts"><div class="toast">${icon("check")}<span>${toast.text}</span>
      ${toast.undo ? html`<button type="button" class="btn tap" @click=${() => { toast.undo(); this.toast = null; this.update(); }}>${icon("undo")}<span>${_("Undo")}</span></button>` : nothing}
      <button type="button" class="btn tap quiet" aria-label=${_("Close")} @click=${() => { this.toast = null; this.update(); }}>${icon("close")}</button></div></div>`;
  }

  rendered() {
    syncSheet(this);
  }
}
