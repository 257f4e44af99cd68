// Rows beyond what fits are shown page by page; how many pages there are and when the next comes is visible.
const PAGE_SECONDS = 20;

const MADE_FOR = { width: 120, height: 67.5, rows: 2, across: 3 };
const REM_MIN = 10; // px; below, the smallest words of a tile cannot be read

/** How many rows of how many tiles a screen (CSS px) can show so that all can be read. */
export function capacity(width, height) {
  if (height > width) return { rows: 3, across: 3 };
  const rem = Math.min(width / MADE_FOR.width, height / MADE_FOR.height);
  const fit = (most, made) => Math.max(made, Math.min(most, Math.floor((made * rem) / REM_MIN)));
  return { rows: fit(3, MADE_FOR.rows), across: fit(4, MADE_FOR.across) };
}

/** What a wall made for two rows of three shrinks to, so that more fit: at most 1. */
export function density(rows, across) {
  return Math.min(1, MADE_FOR.rows / rows, MADE_FOR.across / across);
}

export class Paging {
  #begun = performance.now();

  /** The rows of the present page, and what the page says about itself. */
  of(rows, perPage) {
    const pages = Math.max(1, Math.ceil(rows.length / perPage));
    const seconds = (performance.now() - this.#begun) / 1000;
    const page = Math.floor(seconds / PAGE_SECONDS) % pages;
    return {
      rows: rows.slice(page * perPage, page * perPage + perPage),
      page: page + 1,
      pages,
      next: Math.ceil(PAGE_SECONDS - (seconds % PAGE_SECONDS)),
    };
  }

  /** Go to the next page now. */
  skip() {
    const rest = PAGE_SECONDS - (((performance.now() - this.#begun) / 1000) % PAGE_SECONDS);
    this.#begun -= rest * 1000;
  }
}
