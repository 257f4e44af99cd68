"""The example by the conformance kit, and what is special about scales."""

import asyncio

import pytest
from connector_scale import ScaleConnector, ScaleSource

from connectors.clock import plant_clock
from connectors.conformance import Mistake, Rig
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.errors import Unavailable


class ScaleRig(Rig):
    protocol = "scale"
    noticed_s = 5.0

    def __init__(self, folder):
        super().__init__(folder)
        self.answers = {"1": "12.50", "2": "0.75", "3": "ERR overload"}
        self.port, self.server, self.writers, self.frozen = 0, None, set(), False

    async def start(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self):
        if self.server is not None:
            self.server.close()
        for writer in list(self.writers):
            writer.transport.abort()
        while self.writers:  # until every connection has ended
            await asyncio.sleep(0.01)
        self.server = None

    async def freeze(self):
        self.frozen = True

    async def thaw(self):
        self.frozen = False

    def document(self):
        tags = [{"name": "gross", "channel": 1, "unit": "kg"}, {"name": "tare", "channel": 2}]
        place = {"host": "127.0.0.1", "port": self.port, "scan_ms": 50}
        return {"id": "hopper", "protocol": "scale", **place, "tags": tags}

    def absent_tag(self):
        return {"name": "absent", "channel": 8}

    def mistakes(self):
        good = self.document()
        return [
            Mistake(document={**good, "host": ""}, field="host"),
            Mistake(document={**good, "port": 0}, field="port"),
            Mistake(
                document={**good, "tags": [{"name": "a", "channel": 9}]}, field="tags.0.channel"
            ),
        ]

    async def _serve(self, reader, writer):
        self.writers.add(writer)
        try:
            while request := (await reader.readline()).split():
                channel = request[1].decode()
                answer = self.answers.get(channel, "ERR no_channel")
                if not self.frozen:
                    writer.write(f"{channel} {answer}\r\n".encode())
        except ConnectionError:
            pass
        finally:
            self.writers.discard(writer)
            writer.close()


@pytest.mark.conformance(rig=ScaleRig)
def test_conformance(conformance):
    conformance()


def test_an_overloaded_scale_is_bad_and_a_wrong_answer_ends_the_connection(tmp_path):
    async def story():
        rig = ScaleRig(tmp_path)
        await rig.start()
        tags = [{"name": "gross", "channel": 3}]
        config = ScaleSource.model_validate({**rig.document(), "tags": tags})
        scale = ScaleConnector(config, ConnectorContext(clock=plant_clock()))
        await scale.open()
        assert (await scale.read_all()).samples[0].reason == "scale_overload"
        rig.answers["3"] = "twelve"
        with pytest.raises(Unavailable, match="protocol_error"):
            await scale.read_all()
        await scale.close()
        await rig.stop()

    asyncio.run(story())
