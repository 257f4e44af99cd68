"""The version of the SDK and what may run with it. Standard library only.

The minor number grows when something is added, the major one when something that connectors use
changes. A connector names the version that it was written for; it runs when the major number is
the same and the minor one is not newer than ours.
"""

from __future__ import annotations

from typing import NamedTuple


class SdkVersion(NamedTuple):
    """A version of the SDK."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    def runs(self, wanted: SdkVersion) -> bool:
        """Whether a connector that was written for `wanted` runs with this SDK."""
        return self.major == wanted.major and self.minor >= wanted.minor


SDK_VERSION = SdkVersion(2, 3)
