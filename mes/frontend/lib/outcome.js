// What became of an entry of the outbox: answered, refused, or still waiting after a while.
/** Resolves to {answer} or {problem}; to {} when nothing came in time (no network, slow server). */
export function outcomeOf(outbox, id, waitMs) {
  return new Promise((resolve) => {
    const finish = (found) => {
      clearTimeout(timer);
      outbox.removeEventListener("sent", listen);
      outbox.removeEventListener("refused", listen);
      resolve(found);
    };
    const listen = ({ detail }) => {
      if (detail.entry.id === id) finish({ answer: detail.answer, problem: detail.problem });
    };
    const timer = setTimeout(() => finish({}), waitMs);
    outbox.addEventListener("sent", listen);
    outbox.addEventListener("refused", listen);
  });
}
