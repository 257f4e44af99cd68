"""Machine facts, samples and quarantine."""

from __future__ import annotations

from sqlalchemy import Float, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, Text


class SignalFact(Base):
    """A reading of a tag that has a meaning. Append-only, never changed.

    `value` is JSON (number, text, bool or None when bad); `quality` 0 good, 1 uncertain, 2 bad.
    `event_time` is what derivations use; `gap_from`: the edge was down since then.
    """

    __tablename__ = "signal_fact"
    __table_args__ = (
        UniqueConstraint("source_id", "stream", "epoch", "seq"),
        Index("ix_signal_fact_tag_id_event_time", "tag_id", "event_time"),
    )

    id: Mapped[Identity]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    stream: Mapped[Code]
    epoch: Mapped[Code]
    seq: Mapped[Instant]
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"))
    value: Mapped[Json]
    quality: Mapped[int]
    reason: Mapped[Text | None]
    source_time: Mapped[Instant | None]
    received_time: Mapped[Instant]
    event_time: Mapped[Instant]
    gap_from: Mapped[Instant | None]
    clock_skew: Mapped[bool]


class GapFact(Base):
    """A known hole of a source: its state is unknown in [start, end) for good."""

    __tablename__ = "gap_fact"
    __table_args__ = (
        UniqueConstraint("source_id", "stream", "epoch", "seq"),
        Index("ix_gap_fact_source_id_end", "source_id", "end"),
    )

    id: Mapped[Identity]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    stream: Mapped[Code]
    epoch: Mapped[Code]
    seq: Mapped[Instant]
    start: Mapped[Instant]
    end: Mapped[Instant]
    reason: Mapped[Text | None]


class Sample(Base):
    """Every other value; appended by time, packed into chunks later, never a fact.

    `number` holds numbers and bools, `text` strings; both None when bad.
    """

    __tablename__ = "sample"

    id: Mapped[Identity]
    at: Mapped[Instant]
    tag_id: Mapped[int]
    number: Mapped[float | None] = mapped_column(Float(53))
    text: Mapped[Text | None]
    quality: Mapped[int]


class SampleChunk(Base):
    """Packed samples of one tag and UTC hour; `data` as `mes.core.sample_values` packs it."""

    __tablename__ = "sample_chunk"
    __table_args__ = (UniqueConstraint("tag_id", "hour"), Index("ix_sample_chunk_hour", "hour"))

    id: Mapped[Identity]
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"))
    hour: Mapped[Instant]
    count: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)


class SampleMinutes(Base):
    """What the minutes of a tag and UTC hour say; `data` as `mes.core.sample_minutes` packs it."""

    __tablename__ = "sample_minutes"
    __table_args__ = (UniqueConstraint("tag_id", "hour"), Index("ix_sample_minutes_hour", "hour"))

    id: Mapped[Identity]
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"))
    hour: Mapped[Instant]
    data: Mapped[bytes] = mapped_column(LargeBinary)


class SampleHour(Base):
    """What the samples of a tag in a UTC hour say; fields as `mes.core.sample_cells.Cell`."""

    __tablename__ = "sample_hour"
    __table_args__ = (UniqueConstraint("tag_id", "hour"), Index("ix_sample_hour_hour", "hour"))

    id: Mapped[Identity]
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"))
    hour: Mapped[Instant]
    first_at: Mapped[Instant]
    last_at: Mapped[Instant]
    last: Mapped[float | None] = mapped_column(Float(53))
    low: Mapped[float | None] = mapped_column(Float(53))
    high: Mapped[float | None] = mapped_column(Float(53))
    known: Mapped[Instant]
    area: Mapped[float] = mapped_column(Float(53))
    good: Mapped[int]
    bad: Mapped[int]


class Quarantine(Base):
    """A record that ingest refused: kept whole, counted, exportable.

    `cleared_at` None: it waits for a person, who clears it with a reason; it stays all the same.
    """

    __tablename__ = "quarantine"

    id: Mapped[Identity]
    source: Mapped[Code]
    stream: Mapped[Code]
    epoch: Mapped[Code]
    seq: Mapped[Instant]
    record: Mapped[Json]
    code: Mapped[Code]
    message: Mapped[Text]
    received_at: Mapped[Instant]
    cleared_at: Mapped[Instant | None]
    cleared_by: Mapped[Json | None]
    cleared_note: Mapped[Text | None]
