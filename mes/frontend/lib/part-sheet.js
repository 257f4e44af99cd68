// Style sheets of parts that come behind the page.
const asked = new Map();

/**
 * The sheet, once it is there; none for a page that has it already. Rejected without a network: the
 * next call asks again. `ahead`: right behind the sheet of the page.
 */
export function partSheet(address, { ahead = false } = {}) {
  if (!address) return Promise.resolve();
  if (!asked.has(address)) asked.set(address, added(address, ahead));
  return asked.get(address);
}

function added(address, ahead) {
  return new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address, onload: resolve });
    link.onerror = () => {
      asked.delete(address);
      link.remove();
      reject(new Error(`no style sheet ${address}`));
    };
    const page = document.querySelector('link[rel="stylesheet"]');
    if (ahead && page) page.after(link);
    else document.head.append(link);
  });
}
