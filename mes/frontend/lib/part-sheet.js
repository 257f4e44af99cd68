// Style sheets of parts that come behind the page.

/** The sheet, once it is there or could not be had; `ahead`: right behind the sheet of the page. */
export function partSheet(address, { ahead = false } = {}) {
  if (!address || document.querySelector(`link[href="${address}"]`)) return Promise.resolve();
  return new Promise((resolve) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address, onload: resolve, onerror: resolve });
    const page = document.querySelector('link[rel="stylesheet"]');
    if (ahead && page) page.after(link);
    else document.head.append(link);
  });
}
