"""What stands on a label, ready to be drawn: texts in one language, amounts as they are printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LABELS_MAX = 500
"""Labels of one file or print."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A line of a label: what it is, and the value."""

    caption: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label.

    Attributes:
        item: code of the item.
        name: its name in the language of the label; `other_name` in the other one, may be empty.
        lot: None: the pieces have no lot.
        quantity: amount with its unit.
        code: text of the QR code; what scanners of this product understand: a lot, else a job.
        fields: further lines.
    """

    item: str
    name: str
    other_name: str
    lot: Field | None
    quantity: Field
    code: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Labels that differ in amount and number only, as they wait in the outbox.

    Attributes:
        amounts: of each label, as it is printed.
        container: caption of the number of a label.
        copies: of each label.
    """

    item: str
    name: str
    other_name: str
    lot: Field | None
    quantity: str
    amounts: tuple[str, ...]
    container: str
    code: str
    fields: tuple[Field, ...]
    copies: int = 1

    def labels(self) -> list[Label]:
        """One of each, without copies."""
        many = len(self.amounts)
        return [
            Label(
                item=self.item,
                name=self.name,
                other_name=self.other_name,
                lot=self.lot,
                quantity=Field(caption=self.quantity, value=amount),
                code=self.code,
                fields=(*self.fields, Field(caption=self.container, value=f"{number} / {many}")),
            )
            for number, amount in enumerate(self.amounts, 1)
        ]

    def to_json(self) -> dict[str, Any]:
        """As it is kept in the outbox."""
        return {
            "item": self.item,
            "name": self.name,
            "other_name": self.other_name,
            "lot": None if self.lot is None else [self.lot.caption, self.lot.value],
            "quantity": self.quantity,
            "amounts": list(self.amounts),
            "container": self.container,
            "code": self.code,
            "fields": [[one.caption, one.value] for one in self.fields],
            "copies": self.copies,
        }


def batch_from_json(kept: Mapping[str, Any]) -> Batch:
    """What `Batch.to_json` made."""
    return Batch(
        item=kept["item"],
        name=kept["name"],
        other_name=kept["other_name"],
        lot=None if kept["lot"] is None else _field(kept["lot"]),
        quantity=kept["quantity"],
        amounts=tuple(kept["amounts"]),
        container=kept["container"],
        code=kept["code"],
        fields=tuple(_field(one) for one in kept["fields"]),
        copies=kept["copies"],
    )


def _field(pair: Sequence[str]) -> Field:
    caption, value = pair
    return Field(caption=caption, value=value)
