"""Captions of labels, in the language of who asks."""

from __future__ import annotations

from dataclasses import dataclass

from mes.features.screens.report.words import _


@dataclass(frozen=True, slots=True, kw_only=True)
class Captions:
    """What the lines of a label are called."""

    language: str
    lot: str
    quantity: str
    job: str
    machine: str
    made: str
    person: str
    container: str


def captions(language: str) -> Captions:
    """In the language of the present request, which `language` names (ko or en)."""
    return Captions(
        language=language,
        lot=_("Lot"),
        quantity=_("Quantity"),
        job=_("Order"),
        machine=_("Machine"),
        made=_("Made"),
        person=_("Operator"),
        container=_("Box"),
    )
