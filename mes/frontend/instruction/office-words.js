// What an editor reads about refusals of work instructions, besides those of the floor.
import { _ } from "../lib/i18n.js";
import { instructionWords } from "./words.js";

export const officeWords = () => ({
  ...instructionWords(),
  instruction_changed: _("Somebody changed this draft meanwhile. Nothing was saved, and what you typed is still here."),
  instruction_draft_exists: _("Somebody has begun the next revision already. Load the page again."),
  instruction_incomplete: _("Something is missing before the release. Fill the fields that are marked."),
  instruction_invalid: _("Nothing was saved. Correct the fields that are marked."),
  instruction_no_draft: _("The draft was released or thrown away meanwhile. What you typed is still here; load the page again to see what stands."),
  instruction_retired: _("Somebody has retired it meanwhile."),
  instruction_file_unknown: _("This file is no longer there. Send it again."),
  instruction_pdf_unreadable: _("The pages of this PDF cannot be drawn: it is damaged, protected by a password, or too large."),
  instruction_pdf_page_unknown: _("The PDF has no such page."),
  instruction_pdf_busy: _("Other pages are being drawn. Try again in a moment."),
  unauthorized: _("Your session has ended. Sign in in another tab, then press again: what you typed is still here."),
  http_401: _("Your session has ended. Sign in in another tab, then press again: what you typed is still here."),
});
