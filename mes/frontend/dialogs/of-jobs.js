// The dialogs of the job list, loaded behind the page itself.
export { EntriesDialog } from "./entries.js";
export { CompleteDialog, PauseDialog } from "./job.js";
