// Everything that speaks of stops on the terminal, loaded behind the page itself.
export { DeclareDialog } from "./declare.js";
export { StopDialog } from "./stop.js";
export { StopListDialog } from "./stop-list.js";
