// The seven machine states: word, icon, class. Colour + shape + word, always the three together.
import { _ } from "./i18n.js";

export const STATES = ["running", "setup", "waiting", "stopped", "down", "off", "unknown"];

const icons = {
  running: "run", setup: "setup", waiting: "wait", stopped: "stop", down: "down", off: "off", unknown: "nodata",
};

export function stateIcon(state) {
  return icons[state] ?? "nodata";
}

export function stateWord(state) {
  return {
    running: _("Running"),
    setup: _("Setup"),
    waiting: _("Waiting"),
    stopped: _("Stopped"),
    down: _("Down"),
    off: _("Power off"),
  }[state] ?? _("No data");
}

export function classWord(timeClass) {
  return {
    running: _("Running"),
    break: _("Break"),
    planned_stop: _("Planned stop"),
    not_scheduled: _("Not scheduled"),
    unknown: _("No data"),
    unplanned_stop: _("Unplanned stop"),
    minor_stop: _("Minor stop"),
    setup: _("Setup"),
    waiting: _("Waiting"),
    no_order: _("No order"),
  }[timeClass] ?? timeClass;
}
