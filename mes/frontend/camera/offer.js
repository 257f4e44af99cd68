// Whether the camera of this device is offered as a scanner: browsers give it to secure pages only.
const NAME = "camera";

export const hasCamera = () => globalThis.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);

export const offersCamera = () => hasCamera() && localStorage.getItem(NAME) !== "off";

/** Switch the offer off or on, on this device only. */
export function offerCamera(wanted) {
  if (wanted) localStorage.removeItem(NAME);
  else localStorage.setItem(NAME, "off");
}
