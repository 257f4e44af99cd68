"""What a label says, from the job, the lot and the facts that name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.amounts import impossible, parse_positive
from mes.core.containers import split_into_containers
from mes.core.lots import lot_code
from mes.core.refusal import Refusal
from mes.features.labels.content import LABELS_MAX, Batch, Field
from mes.features.labels.words import Captions
from mes.features.production.master_loading import masters
from mes.features.production.masters import Names, WorkUnit
from mes.features.quantities.in_force import is_void, not_in_force
from mes.features.quantities.queries import actor_name
from mes.features.screens.language import name_of
from mes.features.work_orders.documents import Made, made_by_job
from mes.models import JobOrder, QuantityStatement

COPIES_MAX = 50
PEOPLE_MAX = 3
"""Operators named on a label; more are counted."""
ENTRIES_MAX = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which labels somebody wants.

    Attributes:
        job_order: number of the job.
        lot: as scanned or typed; None: no lot.
        quantity: all pieces, a number or decimal text; None: what the lot, else the job has.
        each: what one container holds; None: one label for all.
        copies: of each label.
    """

    job_order: str
    lot: str | None = None
    quantity: object = None
    each: object = None
    copies: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """The labels, and what they were made from.

    Attributes:
        total: all pieces.
        job: the job order.
    """

    batch: Batch
    total: Decimal
    job: JobOrder
    lot: str | None


def compose(
    session: Session, asked: Asked, captions: Captions, *, person: str | None, now_us: int
) -> Composed:
    """Labels of a job or of a lot of it.

    Args:
        person: who asks, named where no entry names anybody; None: nobody known.
        now_us: plant time, UTC microseconds.

    Raises:
        Refusal: `job_unknown` (404), `lot_invalid`, `impossible_quantity`, `too_many_labels`
            (422), `lot_of_other_item` (409).
    """
    job = session.scalar(select(JobOrder).where(JobOrder.number == asked.job_order))
    if job is None:
        raise Refusal("job_unknown", f"there is no job {asked.job_order[:80]!r}", status=404)
    lot = _lot(asked.lot)
    entries = _entries(session, job, lot)
    total = _total(session, asked, job, lot, entries)
    amounts = _amounts(asked, total)
    known = masters(session)
    unit, material = known.work_units[job.work_unit_id], known.materials[job.material_id]
    language = captions.language
    name = name_of(material.names, language, material.code)
    other = name_of(material.names, "en" if language == "ko" else "ko")
    batch = Batch(
        item=material.code,
        name=name,
        other_name="" if other == name else other,
        lot=None if lot is None else Field(caption=captions.lot, value=lot),
        quantity=captions.quantity,
        amounts=tuple(f"{amount:,f} {material.unit}" for amount in amounts),
        container=captions.container,
        code=lot or job.number,
        fields=_fields(session, job, unit, entries, captions, person, now_us),
        copies=asked.copies,
    )
    return Composed(batch=batch, total=total, job=job, lot=lot)


def _lot(text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    code = lot_code(text)
    if code is None:
        raise Refusal("lot_invalid", "this is no lot code", status=422, field="lot")
    return code


def _entries(session: Session, job: JobOrder, lot: str | None) -> list[QuantityStatement]:
    """Entries in force of the lot, else of the job, in time order; a lot is of this job's item."""
    if lot is None:
        query = select(QuantityStatement).where(QuantityStatement.job_order_id == job.id)
    else:
        query = select(QuantityStatement).where(QuantityStatement.lot == lot)
    rows = list(session.scalars(query.order_by(QuantityStatement.at).limit(ENTRIES_MAX)))
    gone = not_in_force(session, QuantityStatement, [row.command_id for row in rows])
    held = [row for row in rows if row.command_id not in gone and not is_void(row)]
    if lot is not None:
        _check_item(session, held, job, lot)
    return held


def _check_item(
    session: Session, entries: Sequence[QuantityStatement], job: JobOrder, lot: str
) -> None:
    named = {row.job_order_id for row in entries if row.job_order_id is not None}
    other = session.scalar(
        select(JobOrder.number)
        .where(JobOrder.id.in_(named), JobOrder.material_id != job.material_id)
        .limit(1)
    )
    if other is not None:
        details: dict[str, object] = {"lot": lot, "job_order": other}
        message = f"{lot} holds another item (made by {other})"
        raise Refusal("lot_of_other_item", message, field="lot", details=details)


def _total(
    session: Session,
    asked: Asked,
    job: JobOrder,
    lot: str | None,
    entries: Sequence[QuantityStatement],
) -> Decimal:
    if asked.quantity not in (None, ""):
        return parse_positive(asked.quantity, "quantity")
    if lot is not None and entries:
        total = sum((row.good for row in entries), Decimal(0))
    else:
        total = made_by_job(session, [job.id]).get(job.id, Made()).good
    return total if total > 0 else job.quantity


def _amounts(asked: Asked, total: Decimal) -> list[Decimal]:
    if not 1 <= asked.copies <= COPIES_MAX:
        raise impossible("copies", f"goes from 1 to {COPIES_MAX}")
    each = total if asked.each in (None, "") else parse_positive(asked.each, "each")
    if total / each * asked.copies > LABELS_MAX:
        raise Refusal(
            "too_many_labels",
            f"at most {LABELS_MAX} labels at once; put more into a container, or ask in parts",
            status=422,
            field="each",
            details={"most": LABELS_MAX},
        )
    return split_into_containers(total, each)


def _fields(
    session: Session,
    job: JobOrder,
    unit: WorkUnit,
    entries: Sequence[QuantityStatement],
    captions: Captions,
    person: str | None,
    now_us: int,
) -> tuple[Field, ...]:
    language = captions.language
    at = entries[-1].at if entries else now_us
    people = list(dict.fromkeys(actor_name(session, row.actor or {}) for row in entries))
    people = [name for name in people if name] or ([person] if person else [])
    shown = ", ".join(people[:PEOPLE_MAX])
    if len(people) > PEOPLE_MAX:
        shown += f" +{len(people) - PEOPLE_MAX}"
    found = [
        Field(caption=captions.job, value=job.number),
        Field(caption=captions.machine, value=name_of(unit.names, language, unit.code)),
        Field(caption=captions.made, value=made_in(unit, at, language)),
    ]
    return (*found, Field(caption=captions.person, value=shown)) if shown else tuple(found)


def made_in(unit: WorkUnit, at: int, language: str) -> str:
    """Production day and shift of a work unit at an instant."""
    shift = unit.plan.shift_at(at)
    day = unit.plan.production_day(at).isoformat()
    names: Names | None = None if shift is None else unit.shift_names.get(shift.code)
    return f"{day} {name_of(names, language)}".strip() if names else day
