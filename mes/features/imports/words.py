"""What imports say, in either language, also where no page is shown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.support import NullTranslations, Translations

from mes.features.imports.table import Mistake

TRANSLATIONS = Path(__file__).resolve().parents[2] / "translations"
LANGUAGES = ("ko", "en")
SOURCE_LANGUAGE = "en"
"""Of the texts themselves."""


def _(text: str) -> str:
    """Marks a text for the catalogue; `say` translates it."""
    return text


MISTAKES: Mapping[str, str] = {
    "cell_error": _("The cell holds an error of the spreadsheet."),
    "formula_without_value": _(
        "The formula has no value in the file: open it in the spreadsheet and save it again."
    ),
    "code_invalid": _("A code has 1 to 60 letters, digits, '.', '_' or '-'."),
    "code_is_date": _("The spreadsheet made a date of this code: format the column as text."),
    "digits_lost": _(
        "The spreadsheet keeps only %(most)s digits of a number: format the column as text."
    ),
    "control_characters": _("A name stands in one line, without control characters."),
    "too_long": _("At most %(most)s characters."),
    "number_invalid": _("This is no number."),
    "number_too_small": _("The number is too small: it is at least %(least)s."),
    "number_too_large": _("The number is too large: at most %(most)s."),
    "too_many_places": _("At most %(most)s decimal places."),
    "not_whole": _("This is no whole number."),
    "date_invalid": _("This is no date: write 2026-11-25."),
    "moment_invalid": _("This is no date and time: write 2026-11-25 18:00."),
    "time_invalid": _("This is no time of day: write 08:00."),
    "year_impossible": _("The year lies outside %(least)s to %(most)s."),
    "yes_no_invalid": _("Write Y or N."),
    "choice_unknown": _("This word is not one of the choices: %(choices)s."),
    "value_missing": _("The cell is empty, but every row needs this."),
    "value_missing_new": _("The cell is empty, but a new row needs this."),
    "cannot_be_cleared": _("This cannot be taken away."),
    "duplicate_row": _("Row %(row)s says the same thing: keep one of them."),
    "merged_cells": _("The cells are merged (%(range)s): each row needs its own values."),
    "column_missing": _("The column is missing in the file."),
    "header_missing": _("No row with the titles of the columns was found: take the template."),
    "other_kind": _("This is a file of another kind: %(kind)s."),
    "no_rows": _("There are no rows below the titles."),
    "too_many_rows": _("Too many rows: an import of this kind takes at most %(most)s."),
    "retired": _("This code belongs to something that was retired: choose another."),
    "item_unknown": _("There is no item of this code."),
    "machine_unknown": _("There is no machine of this code."),
    "line_unknown": _("There is no line of this code."),
    "area_unknown": _("There is no area of this code."),
    "calendar_unknown": _("There is no calendar of this code."),
    "reason_unknown": _("There is no reason of this code."),
    "no_plant": _("The plant itself is not set up yet: begin with its name and time zone."),
    "class_only_stop": _("Only reasons for stops have a class."),
    "class_needed": _("A reason for stops needs a class."),
    "failure_only_unplanned": _("Only unplanned stops are failures."),
    "reason_built_in": _("The system itself gives this reason: only its names can change."),
    "state_by_signal": _("A signal tells the state of this machine: it is not set by hand."),
    "badge_invalid": _("A badge number is 1 to 31 letters, digits and '-'."),
    "badge_taken": _("This badge belonged to somebody. Choose another number."),
    "order_id_missing": _("Give the number in the other system, or our order number."),
    "order_unknown": _("There is no order of this number."),
    "order_other_id": _("This order has another number in the other system."),
    "order_released": _("The order is %(state)s: this cannot change any more."),
    "order_ended": _("The order is %(state)s: nothing of it can change."),
    "order_elsewhere": _("The order was dispatched to other machines already."),
    "too_many_dispatches": _("One import dispatches at most %(most)s orders."),
    "past_fixed": _("This day is over: a supervisor changes it in the calendar, with a reason."),
    "exception_invalid": _("This does not fit the calendar: %(why)s"),
    "too_many_exceptions": _("A calendar has at most %(most)s such days."),
    "not_for_kind": _("This stays empty for such a day: %(kind)s."),
    "overtime_without_shift": _("Overtime needs the code of a shift, or start and end."),
    "start_and_end": _("Give both start and end, or neither."),
    "breaks_invalid": _(
        "Write each break as 12:00-13:00 and the code of its reason, divided by commas."
    ),
    "days_invalid": _("Write weekdays as mon-fri, or mon, wed, fri."),
    "days_differ": _("Row %(row)s gives this calendar other weekdays."),
    "calendar_preset": _("This calendar follows a ready pattern: its shifts cannot be given."),
    "rows_contradict": _("The rows contradict each other: import fewer at once to find which."),
    "plant_invalid": _("This does not fit the plant: %(why)s"),
}
"""The sentence of each mistake."""

PROBLEMS: Mapping[str, str] = {
    "duplicate": _("This is used twice."),
    "tag_unknown": _("There is no tag of this name."),
    "shift_unknown": _("There is no shift of this code."),
    "reason_not_planned": _(
        "What is planned, a break or a stop, needs a reason of class break or planned stop."
    ),
    "shifts_overlap": _("Two shifts overlap."),
    "crews_collide": _("Two crews would work at the same time."),
    "shift_crosses_day": _("The shift runs across the boundary of the production day."),
    "break_outside_shift": _("A break lies outside its shift."),
    "breaks_overlap": _("Two breaks overlap."),
    "end_before_start": _("The end lies before the start."),
    "counter_missing": _("The state comes from counts, but no counter is among the signals."),
    "place_unknown": _("There is no such place for a target."),
}
"""What the check of the whole plant says, by its code; the words of a field alone stand above."""

PARTS: Mapping[str, str] = {
    "site": _("Plant"),
    "calendars": _("Calendar"),
    "reasons": _("Reason"),
    "items": _("Item"),
    "sources": _("Source"),
    "areas": _("Area"),
    "lines": _("Line"),
    "work_units": _("Machine"),
    "targets": _("Targets"),
}
"""What lies in the sections of a plant."""

UNREADABLE: Mapping[str, str] = {
    "empty": _("The file is empty."),
    "broken": _("The file is damaged or no spreadsheet. Open it, save it again as .xlsx."),
    "protected": _("The file has a password. Save it without one."),
    "old_format": _("This is an old spreadsheet (.xls). Save it as .xlsx."),
    "macros": _("The file holds macros (.xlsm). Save it as .xlsx."),
    "other_archive": _("This is an archive, but no spreadsheet of type .xlsx."),
    "entities": _("The file holds what no spreadsheet needs. It was not read."),
    "not_text": _("This is neither a spreadsheet nor a text file that can be read."),
}
"""Why a file is not read."""

TOO_LARGE: Mapping[str, str] = {
    "bytes": _("The file is too large: at most %(most)s bytes."),
    "unzipped": _("The file is too large once unpacked: at most %(most)s bytes."),
    "parts": _("The file has too many parts: at most %(most)s."),
    "sheets": _("The file has too many sheets: at most %(most)s."),
    "rows": _("The sheet has too many rows: at most %(most)s."),
    "columns": _("The sheet has too many columns: at most %(most)s."),
    "characters": _("A cell holds too much: at most %(most)s characters."),
}
"""What there is too much of."""

NOTES: Mapping[str, str] = {
    "unknown_columns": _("Not read, because unknown: %(columns)s."),
    "missing_columns": _("Not in the file, left as it is: %(columns)s."),
    "hidden_rows": _("Hidden rows are read too: %(rows)s."),
    "other_sheets": _("Only the sheet %(sheet)s is read, not: %(others)s."),
}
"""What is no mistake, but worth a look."""


@cache
def _translations(language: str) -> NullTranslations:
    return Translations.load(str(TRANSLATIONS), [language])


def say(text: str, language: str, **values: object) -> str:
    """A text of the catalogue with its values; English is the text itself."""
    found = _translations(language).gettext(text) if text else ""
    return found % values if values else found


def in_every_language(text: str) -> tuple[str, ...]:
    """A text of the catalogue in all languages of the screens."""
    return tuple(dict.fromkeys(say(text, language) for language in LANGUAGES))


def sentence(mistake: Mistake, language: str) -> str:
    """What is wrong, in a sentence; values that are texts of the catalogue are translated too."""
    values = {name: say(value, language) for name, value in mistake.details.items()}
    if "problem" in mistake.details:
        values["why"] = _why(mistake.details, language)
    return say(MISTAKES[mistake.code], language, **values)


def _why(details: Mapping[str, str], language: str) -> str:
    """What a check of the plant or a calendar says, and where, if that is not in the file."""
    code = details["problem"]
    known = PROBLEMS.get(code) or MISTAKES.get(code, "")
    if known and "%" not in known:
        told = say(known, language)
    elif language == SOURCE_LANGUAGE:
        told = details["why"]
    else:
        told = say(_("This value is not possible here (%(code)s)."), language, code=code)
    where = [say(PARTS.get(details.get("section", ""), ""), language), details.get("name", "")]
    inside = f"({details['part']})" if details.get("part") else ""
    place = " ".join(part for part in (*where, inside) if part)
    return f"{place}: {told}" if place else told
