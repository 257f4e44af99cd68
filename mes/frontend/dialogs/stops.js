// What speaks of stops and calls on the terminal, loaded behind the page itself.
export { CallDialog } from "./call.js";
export { DeclareDialog } from "./declare.js";
export { StopDialog } from "./stop.js";
export { StopListDialog } from "./stop-list.js";
