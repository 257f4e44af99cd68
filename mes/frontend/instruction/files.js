// Files of a work instruction on their way to the server; large pictures are made smaller first.
import { Problem, post } from "../lib/api.js";
import { _ } from "../lib/i18n.js";
import { shrunk } from "./photo.js";

const TIMEOUT_MS = 120000;
const EDGE_MAX = 2400;
const KEPT_AS_IT_IS = 1500000;

/** Send a file; what the server keeps: {sha256, address, media_type, name, size, width, height}. */
export async function sendFile(file) {
  const isPicture = file.type !== "application/pdf";
  const body = isPicture && file.size > KEPT_AS_IT_IS ? await shrunk(file, EDGE_MAX, "image/webp", 0.9).catch(() => file) : file;
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  let response;
  try {
    response = await fetch(`/api/v1/instruction-files?name=${encodeURIComponent(file.name.slice(-80))}`, {
      method: "POST",
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { Accept: "application/json", "Content-Type": "application/octet-stream", "X-CSRFToken": token },
      body,
    });
  } catch {
    throw new Problem(0, { title: _("The server does not answer.") });
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, answer);
  return answer;
}

/** A page of a PDF as a picture, made by the server; `pages`: how many the PDF has. */
export const pdfPicture = (sha256, page) => post(`/api/v1/instruction-files/${sha256}/pages/${page}`, {});
