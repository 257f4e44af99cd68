"""Edges, sources, tags, their meaning, and where each stream stands."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, JsonOrNull


class Edge(Base):
    """A connector runtime; `running_revision` is what it last reported, None before that."""

    __tablename__ = "edge"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[Identity]
    code: Mapped[Code]
    running_revision: Mapped[int | None]
    seen_at: Mapped[Instant | None]
    retired_at: Mapped[Instant | None]


class Source(Base):
    """A connector instance; `definition` is the plant file's source object without its tags."""

    __tablename__ = "source"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[Identity]
    code: Mapped[Code]
    edge_id: Mapped[int] = mapped_column(ForeignKey("edge.id"))
    protocol: Mapped[Code]
    definition: Mapped[Json]
    retired_at: Mapped[Instant | None]


class Tag(Base):
    """A named value of a source; `definition` is the plant file's tag object."""

    __tablename__ = "tag"
    __table_args__ = (UniqueConstraint("source_id", "name"),)

    id: Mapped[Identity]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    name: Mapped[Code]
    definition: Mapped[Json]
    retired_at: Mapped[Instant | None]


class SignalBinding(Base):
    """Meaning of a tag for a work unit from `valid_from` on.

    `role` is state, lamp, total, good, scrap, fault or mode; `rule` is the plant file's signal
    object (map, counter, pieces_per_count). `ended` rows take the meaning away.
    """

    __tablename__ = "signal_binding"

    id: Mapped[Identity]
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"), index=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), index=True)
    role: Mapped[Code]
    rule: Mapped[Json]
    valid_from: Mapped[Instant]
    ended: Mapped[bool]


class ConfigRevision(Base):
    """A published configuration of the plant: what changed, by whom, and the whole base file.

    `connectivity`: what edges ran in it, as flat objects; None: published before it was kept.
    """

    __tablename__ = "config_revision"

    id: Mapped[Identity]
    recorded_at: Mapped[Instant]
    actor: Mapped[Code]
    summary: Mapped[Json]
    plant_file: Mapped[Json]
    connectivity: Mapped[JsonOrNull]


class SourceStream(Base):
    """Where a stream of a source stands.

    `acked_seq` is the highest contiguous sequence number; `covered_until` plant time up to which
    the source's facts are known, None before the first batch. `islands` lists (from, to) ranges
    received beyond a hole. `link` is the last reported link state of the source.
    """

    __tablename__ = "source_stream"
    __table_args__ = (UniqueConstraint("source_id", "stream", "epoch"),)

    id: Mapped[Identity]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    stream: Mapped[Code]
    epoch: Mapped[Code]
    acked_seq: Mapped[Instant]
    covered_until: Mapped[Instant | None]
    islands: Mapped[Json]
    received_at: Mapped[Instant]


class SourceStatus(Base):
    """Last reported link state and last values of a source (bookkeeping)."""

    __tablename__ = "source_status"

    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    link: Mapped[Json]
    last_data_at: Mapped[Instant | None]
    last_values: Mapped[Json]
    reported_at: Mapped[Instant]
