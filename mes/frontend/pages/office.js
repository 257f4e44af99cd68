// Office pages without an island of their own.
import "../lib/chrome.js";
import { keepForms } from "../lib/form-draft.js";

keepForms();
