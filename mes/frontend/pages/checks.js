// Data checks: counts that a person decides about, records kept aside, statements without a stop.
import { share } from "../lib/chrome.js";
import { get } from "../lib/api.js";
import { problemText } from "../lib/problem-text.js";
import { excesses, keptAside, lostStatements } from "../checks/lists.js";
import { Clearing } from "../checks/clearing.js";
import { Decision } from "../checks/decision.js";
import { suspectCounts } from "../checks/suspects.js";
import { count } from "../lib/format.js";
import { _ } from "../lib/i18n.js";
import { Island, html, icon, nothing } from "../lib/island.js";
import { listFiles } from "../lib/list-files.js";
import { Live } from "../lib/live.js";

const REFRESH_MS = 10000;
const LISTS = {
  open: { url: "/api/v1/checks/counts?status=open", show: suspectCounts },
  decided: { url: "/api/v1/checks/counts?status=decided", show: suspectCounts },
  excesses: { url: "/api/v1/checks/excesses", show: excesses },
  quarantined: { url: "/api/v1/checks/quarantined", show: keptAside },
  cleared: { url: "/api/v1/checks/quarantined?cleared=true", show: keptAside },
  orphans: { url: "/api/v1/checks/orphans", show: lostStatements },
};

class Checks extends Island {
  list = "open";
  items = null;
  next = null;
  summary = {};
  orphans = null;
  error = "";
  decision = null;
  message = "";

  start() {
    this.mayDecide = this.given("mayDecide", false);
    this.live = share(new Live({ site: document.documentElement.dataset.site }).start());
    this.read();
    const timer = setInterval(() => document.hidden || this.more || this.read(), REFRESH_MS);
    this.stop = () => clearInterval(timer);
  }

  template() {
    const { show } = LISTS[this.list];
    return html`<div class="hd"><div><h1>${_("Data checks")}</h1><p class="muted">${_("What the system does not believe stays out of the figures until a person decides.")}</p></div>
        ${this.message ? html`<p class="msg up" role="status">${icon("check")} ${this.message}</p>` : nothing}<div class="acts-row">${listFiles("/checks", { list: this.list })}</div></div>
      <div class="chips tabs" role="group" aria-label=${_("Lists")}>
        ${this.tab("open", _("Suspect counts"), this.summary.suspects)}${this.tab("decided", _("Decided counts"))}
        ${this.tab("excesses", _("More rejects than pieces"), this.summary.excesses)}
        ${this.tab("quarantined", _("Records kept aside"), this.summary.quarantined)}${this.tab("cleared", _("Cleared records"))}${this.tab("orphans", _("Reasons without a stop"), this.orphans)}</div>
      ${this.error ? html`<p class="card" role="alert">${this.error}</p>` : nothing}
      <section class="card grid" aria-busy=${this.items === null ? "true" : "false"} aria-label=${_("List")}>
        ${this.items === null ? html`<p class="empty">${_("Loading")}</p>` : show(this, this.items)}
        ${this.next ? html`<p class="more"><button type="button" class="btn" @click=${() => this.read(true)}>${icon("plus")}<span>${_("Show more")}</span></button></p>` : nothing}</section>
      ${this.decision ? this.decision.template() : nothing}`;
  }

  tab(key, label, size) {
    return html`<button type="button" class="chip" aria-pressed=${this.list === key ? "true" : "false"} @click=${() => this.show(key)}>
      <span>${label}</span>${size === undefined || size === null ? nothing : html` <b class="num">${count(size)}</b>`}</button>`;
  }

  show(key) {
    Object.assign(this, { list: key, items: null, next: null, decision: null, message: "", more: false });
    this.read();
    this.update();
  }

  /** Open the form for one count, or close it. */
  decide(check) {
    this.message = "";
    this.decision = check === null ? null : new Decision(this, check);
    this.update();
    if (this.decision) queueMicrotask(() => this.querySelector(".decide h2")?.focus());
  }

  /** Open the form that clears records kept aside. */
  clear(ids) {
    this.message = "";
    this.decision = new Clearing(this, ids);
    this.update();
    queueMicrotask(() => this.querySelector(".decide h2")?.focus());
  }

  /** A decision was kept. */
  decided(text) {
    this.decision = null;
    this.message = text;
    this.more = false;
    this.read();
  }

  async read(more = false) {
    const { list } = this;
    this.more = more || this.more;
    try {
      const { url } = LISTS[list];
      const page = more ? `${url}${url.includes("?") ? "&" : "?"}before=${this.next}` : url;
      const [answer, summary] = await Promise.all([get(page), get("/api/v1/checks/summary")]);
      if (list !== this.list) return;
      this.items = more ? [...this.items, ...answer.items] : answer.items;
      this.next = answer.next;
      this.summary = summary;
      if (list === "orphans") this.orphans = answer.count;
      this.error = "";
    } catch (problem) {
      this.error = problemText(problem);
    }
    this.update();
  }
}

customElements.define("mes-checks", Checks);
