// Rows beyond what fits are shown page by page; how many pages there are and when the next comes is visible.
const PAGE_SECONDS = 20;

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
