// Office forms use the same outbox: the form keeps itself until the server has answered.
/** Send a command and wait for its answer; a refusal comes back as the problem, never thrown. */
export function answerOf(outbox, entry) {
  return new Promise((resolve) => {
    const finish = (event) => {
      if (event.detail.entry.id !== entry.id) return;
      outbox.removeEventListener("sent", finish);
      outbox.removeEventListener("refused", finish);
      resolve({ answer: event.detail.answer, problem: event.detail.problem });
    };
    outbox.addEventListener("sent", finish);
    outbox.addEventListener("refused", finish);
  });
}
