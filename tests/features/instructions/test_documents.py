"""Drafts, release, revisions and files of work instructions, on both databases."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from sqlalchemy import func, select, update

from mes.clock import real_now_us
from mes.features.instructions import service
from mes.features.instructions.files import (
    ALL_BYTES_MAX,
    FILE_BYTES_MAX,
    PHOTO_BYTES_MAX,
    UNUSED_US,
    find_file,
)
from mes.features.instructions.media import Media, media_of
from mes.features.instructions.queries import instruction, instructions, revision_view
from mes.features.instructions.statements import find_revision
from mes.models import AuditLog, DocumentFile
from tests.features.commands.floor import MINUTE, Floor, refused
from tests.features.instructions.documents import (
    PDF,
    create,
    field,
    keep,
    png,
    release,
    released,
    revised,
    save,
    step,
)


def view(floor: Floor, code: str, number: int) -> dict[str, Any]:
    return floor.ask(lambda s: revision_view(s, *find_revision(s, code, number)))


def states(floor: Floor, code: str) -> list[str]:
    found = floor.ask(lambda s: instruction(s, code))
    return [revision["state"] for revision in found["revisions"]]


def test_a_draft_is_released_and_retires_the_revision_before(floor: Floor) -> None:
    create(floor, "WI-1", item="A")
    assert states(floor, "WI-1") == ["draft"]
    picture, pdf = keep(floor, png()), keep(floor, PDF, name="C:\\도면\\bracket.pdf")
    version = save(floor, "WI-1", step("s1", picture=picture, pdf=pdf), step("s2"))
    release(floor, "WI-1", version, at=MINUTE)
    assert states(floor, "WI-1") == ["released"]
    revised(floor, "WI-1", step("s2"), at=2 * MINUTE, note="압력 변경")
    assert states(floor, "WI-1") == ["released", "retired"]
    first = view(floor, "WI-1", 1)
    assert [one["key"] for one in first["steps"]] == ["s1", "s2"], "released revisions stay"
    assert first["files"][picture]["width"] == 8
    assert first["files"][pdf]["name"] == "bracket.pdf"
    (row,) = floor.ask(instructions)
    assert (row["released"]["revision"], row["draft"]) == (2, None)
    actions = floor.ask(lambda s: list(s.scalars(select(AuditLog.action).order_by(AuditLog.id))))
    wanted = ["added", "changed", "released", "revised", "changed", "released"]
    assert [one for one in actions if one.startswith("instruction")] == [
        f"instruction.{one}" for one in wanted
    ]


def test_a_released_revision_is_changed_only_by_the_next_one(floor: Floor) -> None:
    released(floor, "WI-1", item="A")
    refused("instruction_no_draft", lambda: save(floor, "WI-1", step("s9"), seen=2))
    refused("instruction_no_draft", lambda: release(floor, "WI-1", 2))
    floor.do(0, lambda s, c: service.begin_draft(s, c, "WI-1"))
    refused(
        "instruction_draft_exists",
        lambda: floor.do(0, lambda s, c: service.begin_draft(s, c, "WI-1")),
    )
    floor.do(0, lambda s, c: service.discard_draft(s, c, "WI-1", seen_version=1))
    assert states(floor, "WI-1") == ["released"]


def test_the_second_of_two_editors_is_told_who_changed_the_draft(floor: Floor) -> None:
    create(floor, "WI-1", item="A")
    save(floor, "WI-1", step("s1", "먼저"))
    told = refused("instruction_changed", lambda: save(floor, "WI-1", step("s1", "나중")))
    assert told.details["draft"] == {"version": 2, "changed_by": "김민수"}
    assert view(floor, "WI-1", 1)["steps"][0]["title"]["ko"] == "먼저"
    refused("instruction_changed", lambda: release(floor, "WI-1", 1))
    refused(
        "instruction_changed",
        lambda: floor.do(0, lambda s, c: service.discard_draft(s, c, "WI-1", seen_version=1)),
    )


def test_what_is_missing_for_a_release_is_named_field_by_field(floor: Floor) -> None:
    create(floor, "WI-1", item="A")
    nameless = {"ko": " ", "en": ""}
    version = save(
        floor,
        "WI-1",
        step("s1", title=""),
        step("s2", fields=[field("f1", label=nameless), field("f2", "choice", choices=[nameless])]),
    )
    told = refused("instruction_incomplete", lambda: release(floor, "WI-1", version))
    errors: Any = told.details["errors"]
    wanted = ["steps.0.title", "steps.1.fields.0.label", "steps.1.fields.1.choices"]
    assert [error["field"] for error in errors] == wanted
    release(floor, "WI-1", save(floor, "WI-1", step("s1"), seen=version))
    floor.do(0, lambda s, c: service.begin_draft(s, c, "WI-1"))
    told = refused("instruction_incomplete", lambda: release(floor, "WI-1", 1))
    assert told.field == "note", "the second revision says what is new"


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (step("s1", fields=[field("f1"), field("f1")]), "steps.0.fields.1.key"),
        (step("s1", fields=[field("f1", min="5", max="4.9")]), "steps.0.fields.0.max"),
        (step("s1", fields=[field("f1", min="NaN")]), "steps.0.fields.0.min"),
        (step("s1", fields=[field("f1", max="1e3")]), "steps.0.fields.0.max"),
        (step("s1", fields=[field("f1", "text", min="1")]), "steps.0.fields.0.min"),
        (step("s1", fields=[field(f"f{n}", "photo") for n in range(3)]), "steps.0.fields"),
        (step("s1", picture="0" * 64), "steps.0.picture"),
    ],
)
def test_a_draft_with_mistakes_is_not_saved(
    sqlite_floor: Floor, wrong: dict[str, Any], where: str
) -> None:
    create(sqlite_floor, "WI-1", item="A")
    told = refused("instruction_invalid", lambda: save(sqlite_floor, "WI-1", wrong))
    assert told.field == where
    assert view(sqlite_floor, "WI-1", 1)["steps"] == []


def test_no_two_instructions_apply_to_the_same(floor: Floor) -> None:
    create(floor, "WI-1", item="A", work_unit="press-1")
    told = refused(
        "instruction_scope_taken",
        lambda: create(floor, "WI-2", item="A", work_unit="press-1"),
    )
    assert told.details["instruction"] == "WI-1"
    create(floor, "WI-2", item="A")
    refused("instruction_code_taken", lambda: create(floor, "WI-2", item="B"))
    refused("instruction_scope_needed", lambda: create(floor, "WI-3"))
    refused("item_unknown", lambda: create(floor, "WI-3", item="none"))
    refused("unknown_work_unit", lambda: create(floor, "WI-3", work_unit="none"))
    floor.do(0, lambda s, c: service.retire_instruction(s, c, "WI-1"))
    create(floor, "WI-3", item="A", work_unit="press-1")
    refused(
        "instruction_scope_taken",
        lambda: floor.do(0, lambda s, c: service.restore_instruction(s, c, "WI-1")),
    )
    floor.do(0, lambda s, c: service.retire_instruction(s, c, "WI-3"))
    floor.do(0, lambda s, c: service.restore_instruction(s, c, "WI-1"))
    assert [one["code"] for one in floor.ask(instructions)] == ["WI-1", "WI-2", "WI-3"]


def test_a_new_instruction_may_begin_with_the_steps_of_another(floor: Floor) -> None:
    picture = keep(floor, png())
    released(floor, "WI-1", step("s1", picture=picture), item="A")
    create(floor, "WI-2", item="B", copy_from="WI-1")
    assert view(floor, "WI-2", 1)["steps"] == view(floor, "WI-1", 1)["steps"]
    refused(
        "instruction_unknown", lambda: create(floor, "WI-3", work_unit="press-1", copy_from="WI-9")
    )


def test_files_are_kept_once_by_their_content_and_unused_ones_go_after_a_day(floor: Floor) -> None:
    shown, unused = keep(floor, png(shade=1)), keep(floor, png(shade=2))
    assert keep(floor, png(shade=1)) == shown
    create(floor, "WI-1", item="A")
    save(floor, "WI-1", step("s1", picture=shown))
    with floor.database.transaction() as session:
        session.execute(update(DocumentFile).values(stored_at=real_now_us() - UNUSED_US - 1))
    keep(floor, png(shade=3))
    assert floor.ask(lambda s: find_file(s, shown)).content == png(shade=1)
    refused("instruction_file_unknown", lambda: floor.ask(lambda s: find_file(s, unused)))


def test_a_file_is_what_its_bytes_say(sqlite_floor: Floor) -> None:
    for content in (
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html>%PDF-1.4 %%EOF",
        b"GIF89a\x01\x00\x01\x00",
        b"MZ\x90\x00",
        b"\x89PNG\r\n\x1a\n",
        png(20_000, 1),
        b"%PDF-1.4 cut off",
        b"\xff\xd8\xff\xe0",
    ):
        refused("instruction_file_kind", lambda content=content: keep(sqlite_floor, content))  # type: ignore[misc]
    refused("instruction_file_kind", lambda: keep(sqlite_floor, PDF, photo=True))
    large = b"%PDF-1.4\n" + b" " * FILE_BYTES_MAX + b"%%EOF"
    refused("instruction_file_too_large", lambda: keep(sqlite_floor, large))
    photo = png() + b"\x00" * PHOTO_BYTES_MAX
    refused("instruction_file_too_large", lambda: keep(sqlite_floor, photo, photo=True))


def test_sizes_of_pictures_are_read_from_their_heads() -> None:
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x11\x08" + struct.pack(">HH", 480, 640)
    assert media_of(jpeg) == Media(media_type="image/jpeg", width=640, height=480)
    extended = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x10\x00\x00\x00"
    sizes = (639).to_bytes(3, "little") + (479).to_bytes(3, "little")
    assert media_of(extended + sizes) == Media(media_type="image/webp", width=640, height=480)
    lossy = b"RIFF\x00\x00\x00\x00WEBPVP8 \x00\x00\x00\x00\x00\x00\x00\x9d\x01\x2a"
    assert media_of(lossy + struct.pack("<HH", 640, 480)) == Media(
        media_type="image/webp", width=640, height=480
    )
    lossless = b"RIFF\x00\x00\x00\x00WEBPVP8L\x00\x00\x00\x00\x2f"
    assert media_of(lossless + struct.pack("<I", 639 | 479 << 14)) == Media(
        media_type="image/webp", width=640, height=480
    )


def test_a_plant_full_of_files_takes_no_more(sqlite_floor: Floor) -> None:
    keep(sqlite_floor, png())
    with sqlite_floor.database.transaction() as session:
        session.execute(update(DocumentFile).values(size=2**31 - 1))
        count = session.scalar(select(func.count()).select_from(DocumentFile))
        assert count == 1
        assert ALL_BYTES_MAX > 2**31
        row = session.scalars(select(DocumentFile)).one()
        copies = {"media_type": row.media_type, "name": "", "size": 2**31 - 1, "content": b""}
        session.add(
            DocumentFile(sha256="0" * 64, width=1, height=1, stored_at=real_now_us(), **copies)
        )
    refused("instruction_files_full", lambda: keep(sqlite_floor, png(shade=9)))
