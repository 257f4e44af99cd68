// What a person reads about refusals of work instructions.
import { _ } from "../lib/i18n.js";

export const instructionWords = () => ({
  instruction_unknown: _("This work instruction is no longer there."),
  instruction_revision_unknown: _("This revision is no longer there."),
  instruction_not_released: _("This revision is not released. Close it and open it again."),
  instruction_step_unknown: _("This step does not ask for that any more. Open the instruction again."),
  instruction_value_invalid: _("A value does not fit. Enter it again."),
  instruction_file_kind: _("A picture (PNG, JPEG, WebP) or a PDF is expected."),
  instruction_file_too_large: _("The file is too large."),
  instruction_files_full: _("There is no room for more files. Tell the administrator."),
  instruction_text_needed: _("Write what to change."),
});
