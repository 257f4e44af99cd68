// States of a work order; only "done" is green.
import { _ } from "../lib/i18n.js";

export const STATES = ["created", "released", "running", "completed", "closed", "cancelled"];

export function stateSymbol(state) {
  return { created: "clock", released: "right", running: "run", completed: "check", closed: "lock", cancelled: "close" }[state] ?? "info";
}

export function stateLabel(state) {
  return {
    created: _("Planned"), released: _("Released"), running: _("In work"),
    completed: _("Done"), closed: _("Closed"), cancelled: _("Cancelled"),
  }[state] ?? state;
}
