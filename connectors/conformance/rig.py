"""The rig: a device or server under the tester's hand, and sources that fit it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from connectors.sdk.messages import Value

Document = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A source with one mistake.

    Attributes:
        document: the source with the mistake in it.
        field: path of the field that must be named, such as `tags.0.address`.
    """

    document: Document
    field: str


class Rig(ABC):
    """A device that can be started, lost and frozen.

    A rule makes its own rig, starts it, and stops it at the end. What a rig does not override, it
    cannot show: the rules that need it are then not fulfilled, and the level stays below them.

    Attributes:
        protocol: the protocol that is tested.
        secrets: values of environment variables that `document` names as `env:NAME`.
        noticed_s: real seconds in which a loss must be noticed.
        back_s: real seconds in which values must flow again after the device is back.
    """

    protocol: ClassVar[str]
    secrets: ClassVar[Mapping[str, str]] = {}
    noticed_s: ClassVar[float] = 10.0
    back_s: ClassVar[float] = 10.0

    def __init__(self, folder: Path) -> None:
        """Prepare; `folder` is empty and belongs to this rig alone."""
        self.folder = folder

    @abstractmethod
    async def start(self) -> None:
        """Start the device; after `stop` it must come back at the same place."""

    @abstractmethod
    async def stop(self) -> None:
        """End the device as abruptly as a power cut; twice is harmless."""

    @abstractmethod
    def document(self) -> Document:
        """A source whose tags all have a good value; asked for while the device runs."""

    @abstractmethod
    def mistakes(self) -> Sequence[Mistake]:
        """At least one source for each field that a person can get wrong."""

    def absent_tag(self) -> Document:
        """A tag that is well-formed and that the device does not have."""
        raise NotImplementedError

    async def speak(self) -> None:  # noqa: B027  # most devices are asked and need not speak
        """Make the device say every tag again; needed where nothing can be asked."""

    async def freeze(self) -> None:
        """Make the device fall silent while its connections stand."""
        raise NotImplementedError

    async def thaw(self) -> None:
        """Undo `freeze`."""
        raise NotImplementedError

    def written(self) -> tuple[str, Value]:
        """A tag that may be written, and a value that it does not have yet."""
        raise NotImplementedError

    async def attempts(self) -> int:
        """How many writes have reached the device."""
        raise NotImplementedError
