"""Which facts still hold when facts replace one another, in whatever order they arrive."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def replaced_ids(
    replaces: Mapping[str, str | None], corrections: Collection[str] = frozenset()
) -> set[str]:
    """The facts that are replaced by a fact that holds; all others hold.

    What replaced a fact may be replaced itself, and then the first one holds again. Facts that
    replace one another in a circle all hold.

    Args:
        replaces: for each fact the one that it replaces; None, or one that is not there: none.
        corrections: those that stand in the place of what they replace: a correction of a
            correction leaves the first fact replaced, only taking one back brings it again.
    """
    undecided = dict.fromkeys(replaces, 0)
    for target in replaces.values():
        if target in undecided:
            undecided[target] += 1
    replaced: set[str] = set()
    corrected: set[str] = set()
    ready = [fact for fact, count in undecided.items() if count == 0]
    while ready:
        fact = ready.pop()
        target = replaces[fact]
        if target is None or target not in undecided:
            continue
        if fact not in replaced or fact in corrected:
            replaced.add(target)
            if fact in corrections:
                corrected.add(target)
        undecided[target] -= 1
        if undecided[target] == 0:
            ready.append(target)
    return replaced
