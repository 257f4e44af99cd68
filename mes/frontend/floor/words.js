// What a person reads about a refusal on the pages of the floor.
import { _ } from "../lib/i18n.js";
import { problemText } from "../lib/problem-text.js";

export function floorProblem(problem) {
  return (
    {
      comment_changed: _("{who} wrote about this hour since you looked: “{text}”. Save again if your words shall stand instead.", said(problem.body.comment)),
      comment_empty: _("Write what happened."),
      hour_not_begun: _("This hour has not begun yet."),
      handover_crew_changed: _("{who} saved another crew since you looked: {names}. Your ticks are still here: save again if they shall stand.", told(problem.body.crew)),
      handover_closed: _("The shift has been taken over. Write an addition."),
      handover_not_closed: _("Nobody has taken this shift over yet."),
      handover_not_written: _("The outgoing lead has not handed over yet."),
      handover_same_person: _("Whoever handed over does not take over. The incoming lead signs in."),
      handover_entry_not_yours: _("Only who wrote this corrects it."),
      handover_text_needed: _("Write something."),
      shift_not_begun: _("This shift has not begun yet."),
    }[problem.code] ?? problemText(problem)
  );
}

const said = (comment) => ({ who: comment?.by ?? "–", text: comment?.text || "–" });

function told(crew) {
  const names = [...(crew?.people ?? []).map((person) => person.name), crew?.others].filter(Boolean).join(", ");
  return { who: crew?.by ?? "–", names: names || "–" };
}
