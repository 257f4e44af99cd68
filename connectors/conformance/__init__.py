"""The conformance kit: what a connector has to show, as a pytest plug-in.

A package that brings a connector describes its device in a `Rig` and takes one fixture; see
`docs/guides/connector.md`.
"""

from __future__ import annotations

from connectors.conformance.rig import Mistake, Rig

__all__ = ["Mistake", "Rig"]
