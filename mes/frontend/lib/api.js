// Requests to this server: a time limit on each, refusals as problem objects (RFC 9457).
import { _ } from "./i18n.js";

const TIMEOUT_MS = 10000;

/** A refusal of the server (status and stable code) or a lost connection (status 0). */
export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.status = status;
    this.code = body.code || (status ? `http_${status}` : "no_connection");
    this.body = body;
  }

  /** Whether the same request may succeed later without being changed. */
  get temporary() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export function get(url) {
  return request("GET", url);
}

export function post(url, body, headers = {}) {
  return request("POST", url, body, headers);
}

async function request(method, url, body, headers = {}) {
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  let response;
  try {
    response = await fetch(url, {
      method,
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json", "X-CSRFToken": token }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem(0, { title: _("The server does not answer.") });
  }
  const data = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, data);
  return data;
}

/** Read the page again for a fresh CSRF token: the old one belongs to a session that has ended. */
export async function renewToken() {
  const response = await fetch(location.href, { credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS) });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector('meta[name="csrf-token"]')?.content;
  if (fresh) document.querySelector('meta[name="csrf-token"]').content = fresh;
}
