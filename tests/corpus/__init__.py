"""Bytes that devices send or could send, one small file a case; see `README.md`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
NUMBER = object()
"""In the place of two bytes: the transaction number of the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a case.

    Attributes:
        topic: where it arrives; empty where the protocol has no topics.
    """

    topic: str
    parts: Sequence[bytes | object]

    def data(self, number: int = 0) -> bytes:
        """Its bytes, with the transaction number of the request where the file says so."""
        own = number.to_bytes(2, "big")
        return b"".join(part if isinstance(part, bytes) else own for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One file: what arrives, and what must come of it."""

    name: str
    expect: str
    messages: Sequence[Message]

    @property
    def data(self) -> bytes:
        """The bytes of its only message."""
        (message,) = self.messages
        return message.data()


def cases(folder: str) -> list[Case]:
    """All files of a folder of the corpus."""
    found = [_read(file) for file in sorted((HERE / folder).glob("*.txt"))]
    assert found, folder
    return found


def _read(file: Path) -> Case:
    expect, messages, parts, topic = "", list[Message](), list[bytes | object](), ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("expect: "):
            expect = line.removeprefix("expect: ")
        elif line.startswith("@ "):
            if topic:
                messages.append(Message(topic=topic, parts=tuple(parts)))
            topic, parts = line.removeprefix("@ "), []
        elif line and not line.startswith("#"):
            parts += _parts(line)
    messages.append(Message(topic=topic, parts=tuple(parts)))
    assert expect, file
    return Case(name=file.stem, expect=expect, messages=tuple(messages))


def _parts(line: str) -> list[bytes | object]:
    text, _, times = line.rpartition(" x ")
    text, count = (text, int(times)) if text and times.isdigit() else (line, 1)
    if text.startswith('"'):
        return [text[1:-1].replace('""', '"').encode() * count]
    parts: list[bytes | object] = []
    for word in text.split():
        parts.append(NUMBER if word == "tid" else bytes.fromhex(word) * count)
    return parts
