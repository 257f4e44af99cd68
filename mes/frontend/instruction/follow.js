// Which work instruction applies to the job on the machine, and whether the active person has read
// it. Its content is read ahead, so that it opens without a network.
import { get, Problem } from "../lib/api.js";
import { _, nameOf } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { partSheet } from "../lib/part-sheet.js";
import { addWords, problemText } from "../lib/problem-text.js";
import { instructionWords } from "./words.js";
import { readContent } from "./content.js";

const REFRESH_MS = 60000;
const AHEAD_MS = 3000;
const ANSWER_MS = 2000;
const RETRY_MS = 5000;

export class InstructionFollower {
  brief = null;
  #asked = "";
  #readAt = -Infinity;
  #contents = new Map();

  constructor(host) {
    this.host = host;
    addWords(instructionWords());
    host.outbox.addEventListener("sent", ({ detail }) => this.sent(detail.entry));
  }

  /** The button beside the call; nothing where no instruction applies. */
  button() {
    this.#refresh();
    const { brief } = this;
    if (!brief) return nothing;
    return html`<button type="button" class="act wi-open" title=${nameOf(brief.title, brief.instruction)} @click=${() => this.open()}>${icon("sheet")}<span><b>${_("Instructions")}</b>${badge(brief.seen)}</span></button>`;
  }

  async open(mends = null) {
    const { host } = this;
    if (!mends) await this.#newest();
    const { brief } = this;
    if (!brief && !mends) return;
    const wanted = mends?.form ?? { instruction: brief.instruction, revision: brief.revision, job: this.#job };
    try {
      const [{ InstructionDialog }, content] = await Promise.all([import("./viewer.js"), this.#content(wanted), partSheet(host.dataset.instructionSheet)]);
      host.openDialog(new InstructionDialog(host, content, { brief, job: wanted.job, mends, read: () => this.read(wanted) }));
    } catch (problem) {
      host.say(problemText(problem instanceof Problem ? problem : new Problem(0)), null);
    }
  }

  /** The person has acknowledged what is shown; the server is asked again when it has arrived. */
  read({ instruction, revision }) {
    const { brief } = this;
    if (brief?.instruction === instruction && brief.revision === revision && brief.seen) brief.seen = "read";
  }

  sent(entry) {
    if (!entry.url.includes("/instruction/")) return;
    this.#readAt = -Infinity;
    this.#contents.clear();
    this.host.update();
  }

  get #job() {
    return this.host.tile?.job?.job_order ?? null;
  }

  #refresh() {
    const asked = `${this.#job} ${this.host.hands.session}`;
    if (asked === this.#asked && performance.now() - this.#readAt < REFRESH_MS) return;
    if (!asked.startsWith(`${this.#asked.split(" ")[0]} `)) this.brief = null;
    this.#asked = asked;
    this.#readAt = performance.now();
    this.#read(asked);
  }

  /** A revision that was released a moment ago is the one that opens; without an answer the one known. */
  async #newest() {
    this.#readAt = performance.now();
    await Promise.race([this.#read(this.#asked), new Promise((resolve) => setTimeout(resolve, ANSWER_MS))]);
  }

  async #read(asked) {
    const { host } = this;
    const job = this.#job;
    try {
      const query = job ? `?job_order=${encodeURIComponent(job)}` : "";
      const { instruction } = await get(`/api/v1/work-units/${encodeURIComponent(host.unit.code)}/instruction${query}`);
      if (asked !== this.#asked) return;
      this.brief = instruction;
      host.update();
      if (instruction) setTimeout(() => this.#content({ ...instruction, job }).catch(() => {}), AHEAD_MS);
    } catch {
      // Without a server what was known for this job stays; it is asked soon again.
      this.#readAt = performance.now() - REFRESH_MS + RETRY_MS;
    }
  }

  #content({ instruction, revision, job }) {
    const name = `${instruction} ${revision} ${job}`;
    const kept = this.#contents.get(name);
    if (kept) return kept;
    const reading = readContent(instruction, revision, job);
    this.#contents.set(name, reading);
    reading.catch(() => this.#contents.delete(name));
    return reading;
  }
}

function badge(seen) {
  if (seen === "changed") return html`<small class="dn">${icon("info")} ${_("Has changed")}</small>`;
  if (seen === "new") return html`<small>${_("Not read yet")}</small>`;
  return html`<small>${seen === "read" ? html`${icon("check")} ${_("Read")}` : _("step by step")}</small>`;
}
