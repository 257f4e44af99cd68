"""Mistakes of the allow-list of method calls, and of what jobs call."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.registry import manifest_of
from mes.features.plant.check_writes import protocols_of
from mes.features.plant.repair import Path, Problem, all_problems
from mes.features.plant.schema import Call, JobCall, PlantFile, WorkUnit
from mes.features.plant.write_schema import ByItem

ProblemOf = Callable[[Mapping[str, Any], Any], Problem]


def call_problems(
    plant: PlantFile, raw: Mapping[str, Any], problem_of: ProblemOf
) -> Iterator[Problem]:
    """Methods of sources that do not exist or have none, twice the same, or at no place.

    Args:
        problem_of: what a mistake of a model means for people.
    """
    protocols = protocols_of(raw)
    seen: dict[str, int] = {}
    for index, call in enumerate(plant.calls):
        path: Path = ("calls", index)
        source = call.call.partition("/")[0]
        if call.call in seen:
            words = f"{call.call!r} is already in calls[{seen[call.call]}]"
            yield (*path, "call"), "duplicate", words
            continue
        seen[call.call] = index
        if source not in protocols:
            words = f"there is no source {source!r}; write SOURCE/NAME"
            yield (*path, "call"), "source_unknown", words
            continue
        yield from _at_its_place(path, call, protocols[source], problem_of)


def _at_its_place(
    path: Path, call: Call, protocol: str, problem_of: ProblemOf
) -> Iterator[Problem]:
    """The address, in the words of the protocol, and the arguments that belong to it."""
    try:
        model = manifest_of(protocol).method_model()
    except ConfigurationError as error:
        if error.code == "call_not_possible":  # else the protocol itself is named where it stands
            yield (*path, "call"), error.code, error.detail
        return
    address, problems, _ = all_problems(model, dict(call.address), problem_of)
    for inner, code, words in problems:
        yield (*path, "address", *inner), code, words
    if address is None or problems:
        return
    problem = address.argument_problem(call.arguments)
    if problem is not None:
        yield (*path, "arguments"), "arguments_differ", problem


def job_call_problems(
    plant: PlantFile, path: Path, unit: WorkUnit, items: Collection[object]
) -> Iterator[Problem]:
    """What a work unit calls at the start of a job: only what the allow-list has, and fits it."""
    rules = {call.call: call for call in plant.calls}
    for index, step in enumerate(unit.on_job_start):
        if not isinstance(step, JobCall):
            continue
        here: Path = (*path, "on_job_start", index)
        rule = rules.get(step.call)
        if rule is None:
            words = f"{step.call!r} is not in `calls`, so it is never called"
            yield (*here, "call"), "call_not_allowed", words
            continue
        yield from _sent(here, step, rule, items)


def _sent(path: Path, step: JobCall, rule: Call, items: Collection[object]) -> Iterator[Problem]:
    known = {argument.name: argument for argument in rule.arguments}
    for name in known:
        if name not in step.send:
            words = f"say what the argument {name!r} is given"
            yield (*path, "send"), "argument_missing", words
    for name, sent in step.send.items():
        where: Path = (*path, "send", name)
        if name not in known:
            yield where, "argument_unknown", f"{step.call} has no argument {name!r}"
            continue
        if not isinstance(sent, ByItem):
            continue
        for item, value in sent.by_item.items():
            if item not in items:
                yield (*where, "by_item", item), "item_unknown", f"there is no item {item!r}"
            problem = known[name].problem(value)
            if problem is not None:
                yield (*where, "by_item", item), "call_out_of_range", problem
