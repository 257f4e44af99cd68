// Reading again and again while somebody looks: one question at a time, none while the page is hidden.
const EVERY_MS = 2000;

/** A switch that calls `ask` until it is switched off or `ask` answers false. */
export class Repeating {
  #timer = null;
  #asking = false;

  constructor(ask, changed) {
    Object.assign(this, { ask, changed });
  }

  get running() {
    return this.#timer !== null;
  }

  toggle() {
    if (this.running) return this.stop();
    this.#timer = setInterval(() => this.#again(), EVERY_MS);
    this.changed();
    return this.#again();
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = null;
    this.changed();
  }

  async #again() {
    if (document.hidden || this.#asking) return;
    this.#asking = true;
    const goesOn = await this.ask();
    this.#asking = false;
    if (!goesOn) this.stop();
  }
}
