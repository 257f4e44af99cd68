// Pictures from a camera are made smaller before they travel.
const PHOTO_EDGE = 1280;
const PHOTO_QUALITY = 0.75;

/** A blob of at most `edge` pixels; upright as the camera meant it. */
export async function shrunk(file, edge, type, quality) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, edge / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), type, quality));
}

/** A photo as base64, as an entry carries it. */
export async function photoText(file) {
  const blob = await shrunk(file, PHOTO_EDGE, "image/jpeg", PHOTO_QUALITY);
  const address = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
  return address.slice(address.indexOf(",") + 1);
}
