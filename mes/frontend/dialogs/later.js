// The dialogs of the terminal, loaded behind the page itself.
export { CallDialog } from "./call.js";
export { DeclareDialog } from "./declare.js";
export { CompleteDialog, PauseDialog } from "./job.js";
export { InstructionFollower } from "../instruction/follow.js";
export { QuantityDialog } from "./quantity.js";
export { readReasons } from "../lib/reasons.js";
export { StopDialog } from "./stop.js";
export { StopListDialog } from "./stop-list.js";
