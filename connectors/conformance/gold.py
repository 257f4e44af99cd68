"""Gold: it also helps people, and does all that it declares."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from connectors.conformance.bench import Bench, Leftovers
from connectors.conformance.silver import once
from connectors.sdk.capabilities import Browsing, HistoryReading, WriteOutcome, Writing
from connectors.sdk.connector import Connector
from connectors.sdk.errors import ConnectorError, Unavailable
from connectors.sdk.form import form_of

BROWSED = 2
LOSSES = 3
HISTORY_US = 3600 * 1_000_000


async def diagnostics_tell_something_in_plain_data(bench: Bench) -> None:
    """They become a file for support; a closed connector may have nothing to tell."""
    connector = bench.connector()
    json.dumps(connector.diagnostics())
    async with bench.opened() as connector:
        await bench.read(connector)
        facts = connector.diagnostics()
    assert facts, "there are no diagnostics"
    assert json.loads(json.dumps(facts)) == facts
    json.dumps(connector.diagnostics())


async def every_field_has_a_title_and_help_in_both_languages(bench: Bench) -> None:
    """The form is drawn from the configuration's model."""
    form = form_of(bench.manifest)
    missing = [
        f"{field.path} ({language})"
        for field in form.all_fields()
        for language in ("ko", "en")
        if not (field.title.get(language) and field.help.get(language))
    ]
    assert not missing, f"without words: {missing}"


async def many_losses_leave_nothing_behind(bench: Bench) -> None:
    """Lost in the middle of everything, again and again."""
    connector = bench.connector()
    await once(bench, connector)
    leftovers = Leftovers()
    for _ in range(LOSSES):
        await bench.open(connector)
        await bench.rig.stop()
        with suppress(ConnectorError, TimeoutError):
            await bench.read(connector)
        await connector.close()
        await bench.rig.start()
    await leftovers.none_are_left()
    await once(bench, connector)


async def browsing_stops_at_its_limit(bench: Bench) -> None:
    """And says whether there is more."""
    async with bench.opened() as connector:
        assert isinstance(connector, Browsing)
        everything = await connector.browse("**", 10_000)
        assert everything.is_complete
        assert len(everything.nodes) > BROWSED, "the rig offers too little to browse"
        paths = [node.path for node in everything.nodes]
        assert paths == sorted(set(paths))
        some = await connector.browse("**", BROWSED)
        assert len(some.nodes) == BROWSED
        assert not some.is_complete


async def a_write_is_sent_once_and_read_back(bench: Bench) -> None:
    """The device has the value, and got it once."""
    tag, value = bench.rig.written()
    async with bench.opened() as connector:
        assert isinstance(connector, Writing)
        assert (await connector.read_back(tag)).value != value
        before = await bench.rig.attempts()
        written = await connector.write(tag, value)
        assert written.outcome is WriteOutcome.ACCEPTED, written
        assert (await connector.read_back(tag)).value == value
        assert await bench.rig.attempts() == before + 1


async def a_write_without_an_answer_is_unknown_and_never_sent_again(bench: Bench) -> None:
    """Neither at once nor after the connection is back; an error means that nothing was sent."""
    tag, value = bench.rig.written()
    async with bench.opened() as connector:
        assert isinstance(connector, Writing)
        before = await bench.rig.attempts()
        await bench.rig.freeze()
        sent = 0
        try:
            written = await connector.write(tag, value)
            assert written.outcome is WriteOutcome.UNKNOWN, written
            sent = 1
        except Unavailable:
            pass
        finally:
            await bench.rig.thaw()
        await reopened(bench, connector)
        assert await bench.rig.attempts() <= before + sent


async def history_is_marked_and_ascends(bench: Bench) -> None:
    """What the source kept never looks like news."""
    async with bench.opened() as connector:
        assert isinstance(connector, HistoryReading)
        until_us = connector.context.clock.now_us()
        since_us = until_us - HISTORY_US
        tags = [tag.name for tag in connector.source_config.tag_list]
        last: dict[str, int] = {}
        async for portion in connector.history(tags, since_us, until_us):
            for sample in portion:
                assert sample.historical
                assert sample.source_time is not None
                assert since_us <= sample.source_time < until_us
                assert last.get(sample.tag, 0) <= sample.source_time
                last[sample.tag] = sample.source_time
        assert last, "the rig keeps no history"


async def reopened(bench: Bench, connector: Connector) -> None:
    """Close, open and read, so that whatever is still waiting would be sent."""
    await connector.close()
    await bench.open(connector)
    await bench.read(connector)
    await asyncio.sleep(0)


STORIES = (
    diagnostics_tell_something_in_plain_data,
    every_field_has_a_title_and_help_in_both_languages,
    many_losses_leave_nothing_behind,
)
