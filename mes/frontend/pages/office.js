// Office pages without an island of their own.
import "../lib/chrome.js";
