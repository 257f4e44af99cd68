// Which link is broken? Three sentences for three faults, and how old the data is.
import { ageText, realAge } from "./time.js";
import { _ } from "./i18n.js";

const COLLECTOR_SILENT_S = 10;

/** ok | network | server | collector | device, for one tile or for all tiles of a page. */
export function linkState(live, tiles) {
  if (navigator.onLine === false) return "network";
  if (!live.connected) return live.lostFor() > 3 ? "server" : "ok";
  if (live.collectorDead) return "collector";
  const watched = tiles.filter((tile) => tile && tile.link);
  if (!watched.length) return "ok";
  const silent = watched.filter(collectorSilent);
  if (silent.length === watched.length) return "collector";
  return watched.every(deviceLost) ? "device" : "ok";
}

/** The collector no longer reports: what it promised to cover lies too far back. */
export function collectorSilent(tile) {
  const age = realAge(tile.covered_until);
  return age !== null && age > COLLECTOR_SILENT_S && !deviceLost(tile);
}

/** The collector lives and says that it does not reach the device. */
export function deviceLost(tile) {
  return Boolean(tile.link) && ["backing_off", "refused", "stopped"].includes(tile.link.state);
}

export function linkText(state) {
  return {
    ok: _("Linked"),
    network: _("No network"),
    server: _("Server lost"),
    collector: _("Collector silent"),
    device: _("Device does not answer"),
  }[state];
}

/** What to do; only where people enter things (`keeps`) are entries kept. */
export function linkHelp(state, keeps = true) {
  if (!keeps && ["network", "server"].includes(state)) {
    const what = state === "network" ? _("This screen has no network. Check the cable or the Wi-Fi.") : _("The server does not answer.");
    return `${what} ${_("What is shown is the last that was known.")}`;
  }
  return {
    ok: "",
    network: _("This tablet has no network. Check the Wi-Fi; entries are kept here."),
    server: _("The server does not answer. Keep entering; entries are kept here and sent later."),
    collector: _("The collector process does not report. Start it again with: mes edge"),
    device: _("The collector runs but reaches no machine. Check cabinet power and cable."),
  }[state];
}

/** "Data 1 s old" for the newest value of the given tiles. */
export function dataAge(tiles) {
  const ages = tiles.map((tile) => realAge(tile.covered_until ?? tile.last_data_at)).filter((age) => age !== null);
  return ages.length ? _("Data {age} old", { age: ageText(Math.min(...ages)) }) : _("No data yet");
}
