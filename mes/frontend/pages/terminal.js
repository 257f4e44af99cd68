import "../lib/chrome.js";
