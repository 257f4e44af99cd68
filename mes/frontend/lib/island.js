// An island: a custom element in the light DOM that renders itself with lit when told to.
import { html, nothing, render, svg } from "lit/html.js";

export { html, nothing, svg };

export class Island extends HTMLElement {
  #queued = false;
  #cleared = false;

  connectedCallback() {
    this.start?.();
    this.update();
  }

  disconnectedCallback() {
    this.stop?.();
  }

  /** Values the server put on the element as JSON: data-tiles='[...]'. */
  given(name, fallback = null) {
    return this.dataset[name] ? JSON.parse(this.dataset[name]) : fallback;
  }

  /** Render once in the next microtask, however often it was asked for. */
  update() {
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      if (!this.isConnected) return;
      if (!this.#cleared) this.replaceChildren(); // the server-rendered fallback
      this.#cleared = true;
      render(this.template(), this);
      this.rendered?.();
    });
  }
}

/** An icon of the sprite in the page. */
export function icon(name, extra = "") {
  return html`<svg class="i ${extra}" aria-hidden="true"><use href="#i-${name}"></use></svg>`;
}

/** Call `update` of an island every second of real time while it is connected. */
export function everySecond(island) {
  const handle = setInterval(() => island.update(), 1000);
  return () => clearInterval(handle);
}
