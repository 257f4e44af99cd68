// Texts that only the pages of the office need: the tablets do not carry them.
import korean from "catalogue:ko/office";
import { addTexts } from "./i18n.js";

addTexts(korean);
