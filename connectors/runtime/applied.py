"""Which configuration of a source really runs, and which newer one could not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What an edge says of the configuration of one source.

    Attributes:
        revision: the latest revision whose configuration of this source runs; None: nothing runs.
        refused_revision: a later revision whose configuration of it cannot run; what ran before
            goes on. None: there is none.
        reason: stable code of the refusal; None: nothing is refused.
        detail: a sentence for people; None: nothing is refused.
    """

    revision: int | None
    refused_revision: int | None = None
    reason: str | None = None
    detail: str | None = None

    def as_dict(self) -> dict[str, object]:
        """As it is sent with the links."""
        return {
            "revision": self.revision,
            "refused_revision": self.refused_revision,
            "reason": self.reason,
            "detail": self.detail,
        }
