// The picture of the camera; tells `code` once for a text that two pictures in a row show.
const EVERY_MS = 120;
const WIDTH = 640;

/** `<mes-camera>`: events `started`, `code` (detail: text), `failed` (detail: name of the DOMException). */
export class CameraView extends HTMLElement {
  #stream = null;
  #timer = null;
  #seen = null;
  #gone = false;

  connectedCallback() {
    this.#gone = false;
    this.#start().catch((problem) => this.#tell("failed", problem.name));
  }

  disconnectedCallback() {
    this.#gone = true;
    clearTimeout(this.#timer);
    this.#end();
  }

  async #start() {
    const picture = document.createElement("video");
    Object.assign(picture, { muted: true, playsInline: true });
    this.replaceChildren(picture);
    const device = this.dataset.device ? { deviceId: { exact: this.dataset.device } } : { facingMode: "environment" };
    const [stream, { textOf }] = await Promise.all([
      navigator.mediaDevices.getUserMedia({ audio: false, video: { ...device, width: { ideal: 1280 } } }),
      import("./codes.js"),
    ]);
    this.#stream = stream;
    if (this.#gone) return this.#end();
    picture.srcObject = stream;
    await picture.play();
    this.#tell("started", null);
    return this.#look(picture, document.createElement("canvas"), textOf);
  }

  #look(picture, canvas, textOf) {
    if (this.#gone) return;
    const text = picture.videoWidth ? textOf(pixels(picture, canvas)) : null;
    if (text !== null && text === this.#seen) return this.#tell("code", text);
    this.#seen = text;
    this.#timer = setTimeout(() => this.#look(picture, canvas, textOf), EVERY_MS);
  }

  #end() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function pixels(picture, canvas) {
  canvas.width = Math.min(WIDTH, picture.videoWidth);
  canvas.height = Math.round((picture.videoHeight * canvas.width) / picture.videoWidth);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

customElements.define("mes-camera", CameraView);
