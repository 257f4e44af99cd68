// The content of a revision and its pictures, held by the page: shown without a network from then on.
import { get } from "../lib/api.js";

/** {revision view, pictures: Map of SHA-256 -> element, values of the job}. */
export async function readContent(instruction, revision, job) {
  const query = job ? `?job_order=${encodeURIComponent(job)}` : "";
  const content = await get(`/api/v1/instructions/${encodeURIComponent(instruction)}/revisions/${revision}${query}`);
  return withPictures(content);
}

/** The same with elements for its pictures, which begin to load. */
export function withPictures(content) {
  const pictures = new Map();
  for (const { picture } of content.steps) {
    const file = content.files[picture];
    if (!file || pictures.has(picture)) continue;
    const element = new Image(file.width, file.height);
    element.src = file.address;
    pictures.set(picture, element);
  }
  return { ...content, pictures };
}
