// The dialogs that every page of a machine has, loaded behind the page itself.
export { OutboxDialog } from "./outbox.js";
export { SignInDialog } from "./sign-in.js";
