// A code read with the camera is taken as one from a scanner, by whatever dialog was open.
import "../camera/view.js";
import { offerCamera } from "../camera/offer.js";
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { head } from "./parts.js";
import { keyed } from "lit/directives/keyed.js";

export class CameraDialog {
  constructor(host, before) {
    Object.assign(this, { host, before, devices: [], device: "", failed: null });
  }

  /** Cameras of the device, which have no identity until one was allowed. */
  async started() {
    const found = await navigator.mediaDevices.enumerateDevices();
    this.devices = found.filter((one) => one.kind === "videoinput" && one.deviceId);
    this.host.update();
  }

  template() {
    return html`<div class="dlg d3">
      ${head(_("Scan with the camera"), _("Hold the code into the picture: order, lot or badge."), () => this.close())}
      <div class="cam">${this.failed ? html`<p class="dn" role="alert">${problem(this.failed)} <span class="mono">${this.failed}</span></p>`
        : keyed(this.device, html`<mes-camera data-device=${this.device} @started=${() => this.started()} @code=${(event) => this.found(event.detail)} @failed=${(event) => this.fail(event.detail)}></mes-camera>`)}</div>
      <footer>
        <button type="button" class="btn tap quiet" @click=${() => this.switchOff()}>${icon("close")}<span>${_("Do not offer the camera here")}</span></button>
        ${this.devices.length > 1 && !this.failed ? html`<button type="button" class="btn tap" @click=${() => this.next()}>${icon("scan")}<span>${_("Other camera")}</span></button>` : nothing}
        ${this.failed ? html`<button type="button" class="btn tap primary" @click=${() => this.fail(null)}>${icon("undo")}<span>${_("Try again")}</span></button>` : nothing}
      </footer></div>`;
  }

  found(text) {
    this.close();
    this.host.scanned(text.trim());
  }

  fail(name) {
    this.failed = name;
    this.host.update();
  }

  next() {
    const at = this.devices.findIndex((one) => one.deviceId === this.device);
    this.device = this.devices[(at + 1) % this.devices.length].deviceId;
    this.host.update();
  }

  switchOff() {
    offerCamera(false);
    this.close();
  }

  close() {
    this.host.closeDialog();
  }
}

function problem(name) {
  return {
    NotAllowedError: _("The browser does not allow the camera. Allow it beside the address, then try again."),
    NotFoundError: _("This device has no camera. Use a scanner or type the code."),
    NotReadableError: _("Another program uses the camera. Close it, then try again."),
  }[name] ?? _("The camera does not work. Use a scanner or type the code.");
}
