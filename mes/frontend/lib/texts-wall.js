// Texts that only the wall needs: the tablets do not carry them.
import korean from "catalogue:ko/wall";
import { addTexts } from "./i18n.js";

addTexts(korean);
