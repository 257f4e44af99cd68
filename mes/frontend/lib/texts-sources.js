// Texts that only the pages of sources need: the other pages do not carry them.
import korean from "catalogue:ko/sources";
import { addTexts } from "./i18n.js";

addTexts(korean);
