"""The rules and their levels; each is one short story told with a rig."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import connectors.conformance.bronze as bronze
import connectors.conformance.gold as gold
import connectors.conformance.silver as silver
from connectors.conformance.bench import Bench
from connectors.conformance.rig import Rig
from connectors.sdk.capabilities import Capability
from connectors.sdk.levels import Level
from connectors.sdk.registry import manifest_of

RULE_TIMEOUT_S = 120.0

Story = Callable[[Bench], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that a connector has to show.

    Attributes:
        needs: methods that a rig must have overridden to tell the story.
        capability: the rule holds only for connectors that declare it; None holds for all.
    """

    level: Level
    story: Story
    needs: tuple[str, ...] = ()
    capability: Capability | None = None

    @property
    def name(self) -> str:
        """The story's name as a sentence."""
        return self.story.__name__.replace("_", " ")

    def lacking(self, rig: type[Rig]) -> list[str]:
        """What the rig cannot do and the story needs."""
        return [need for need in self.needs if getattr(rig, need) is getattr(Rig, need)]

    def check(self, rig: type[Rig], folder: Path) -> None:
        """Tell the story in an event loop of its own.

        Raises:
            AssertionError: the connector does not do what it should, or the rig cannot show it.
        """
        lacking = self.lacking(rig)
        assert not lacking, f"the rig has no {', '.join(lacking)}"
        asyncio.run(self._tell(rig(folder)))

    async def _tell(self, rig: Rig) -> None:
        async with asyncio.timeout(RULE_TIMEOUT_S):
            await rig.start()
            try:
                await self.story(Bench(rig))
            finally:
                await rig.stop()


RULES = (
    *(Rule(level=Level.BRONZE, story=story) for story in bronze.STORIES),
    Rule(
        level=Level.BRONZE,
        story=bronze.an_address_that_is_not_there_makes_only_its_tag_bad,
        needs=("absent_tag",),
    ),
    *(Rule(level=Level.SILVER, story=story) for story in silver.STORIES),
    *(
        Rule(level=Level.SILVER, story=story, needs=("freeze", "thaw"))
        for story in silver.FROZEN_STORIES
    ),
    *(Rule(level=Level.GOLD, story=story) for story in gold.STORIES),
    Rule(
        level=Level.GOLD,
        story=gold.browsing_stops_at_its_limit,
        capability=Capability.BROWSE,
    ),
    Rule(
        level=Level.GOLD,
        story=gold.a_write_is_sent_once_and_read_back,
        needs=("written", "attempts"),
        capability=Capability.WRITE,
    ),
    Rule(
        level=Level.GOLD,
        story=gold.a_write_without_an_answer_is_unknown_and_never_sent_again,
        needs=("written", "attempts", "freeze", "thaw"),
        capability=Capability.WRITE,
    ),
    Rule(
        level=Level.GOLD,
        story=gold.history_is_marked_and_ascends,
        capability=Capability.HISTORY,
    ),
)


def rules_for(rig: type[Rig]) -> list[Rule]:
    """The rules that hold for the connector of this rig, by its declared capabilities."""
    capabilities = manifest_of(rig.protocol).capabilities
    return [rule for rule in RULES if rule.capability is None or rule.capability in capabilities]
