// The steps of a connection test: what passed, what failed, and what to do about it.
import { _ } from "../lib/i18n.js";
import { html, icon, nothing } from "../lib/island.js";
import { adviceOn } from "../lib/source-advice.js";

const word = {
  configuration: () => _("Settings"), name: () => _("Name"), port: () => _("Port"), protocol: () => _("Protocol"), unit: () => _("Unit answers"),
  certificate: () => _("Certificate"), sign_in: () => _("Sign-in"), register: () => _("Registers"), value: () => _("Values"),
};
const passed = {
  configuration: () => _("The settings fit together."),
  name: () => _("The name is known."),
  port: () => _("The port accepts connections."),
  protocol: () => _("The device speaks this protocol."),
  unit: () => _("The unit gave an answer."),
  certificate: () => _("Both sides accept the certificates."),
  sign_in: () => _("The device lets the collector in."),
  register: () => _("Every tag has an address that answers."),
  value: () => _("Every value can be used."),
};
const advice = {
  configuration: () => _("Correct the named field."),
  name: () => _("Check the host name, or write the address in numbers."),
  port: () => _("Check address, port, cable and firewall, and that the device is switched on."),
  protocol: () => _("Check that the device really speaks this protocol on this port."),
  unit: () => _("Check the unit number and the wiring behind the gateway."),
  certificate: () => _("Check security policy and mode, and trust the certificate on both sides."),
  sign_in: () => _("Check user, password or certificate, and the rights of that user."),
  register: () => _("Check the addresses. If the manual counts from 1, set the address base to 1."),
  value: () => _("Check type, order, length and limits of the named tags."),
};

/** The list of steps; `steps` null: not tested yet. */
export function stepList(steps) {
  const failed = steps.find((step) => step.outcome === "failed");
  return html`<ol class="steps">${steps.map((step) => html`<li class="st-${step.outcome}">${icon({ passed: "check", failed: "ne-fail", not_reached: "nodata" }[step.outcome])}
      <div><b>${word[step.step]?.() ?? step.step}</b><br><span class="muted">${sentence(step)}</span>${step.outcome === "failed" ? html`<br><span class="muted mono">${step.message}${step.code ? ` (${step.code})` : ""}</span>` : nothing}</div>
      <span>${{ passed: _("Passed"), failed: _("Failed"), not_reached: _("Waiting") }[step.outcome]}</span></li>`)}</ol>
    ${failed ? html`<p class="note" role="status">${icon("info")}<span><b>${_("Try this")}</b><br>${adviceOn(failed.code)?.help || advice[failed.step]?.()}</span></p>` : nothing}`;
}

/** What became of a step, in the language of the page; the connector's own words follow when it failed. */
function sentence(step) {
  if (step.outcome === "passed") return passed[step.step]?.() ?? step.message;
  return step.outcome === "failed" ? adviceOn(step.code)?.text : _("Waits for the steps before.");
}

export const allPassed = (steps) => steps?.every((step) => step.outcome === "passed") ?? false;
