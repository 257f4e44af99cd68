"""Reading a plant file with the line of every part; device templates are read by the same."""

from __future__ import annotations

from connectors.sdk.documents import (
    BYTES_MAX,
    DEPTH_MAX,
    PARTS_MAX,
    TOO_DEEP,
    TOO_LARGE,
    Document,
    Mistake,
    PlainDocument,
    Unreadable,
    field_name,
    plain,
    text_of,
)

__all__ = [
    "BYTES_MAX",
    "DEPTH_MAX",
    "PARTS_MAX",
    "TOO_DEEP",
    "TOO_LARGE",
    "Document",
    "Mistake",
    "PlainDocument",
    "Unreadable",
    "field_name",
    "plain",
    "text_of",
]
