"""Roll-ups in whole-number columns: hours by job and item, and the shifts that they add up to.

Going up turns the stored hours into the new rows; which job made the pieces of those hours is not
in them, so that they stand under no job until `mes rebuild` makes them again. Going down leaves no
hours: the older program computes long ranges from facts until `mes rebuild` fills them.

Revision: 0003_rollups, after: 0002_publishing
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003_rollups"
down_revision = "0002_publishing"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIMES = (
    "not_scheduled",
    "break",
    "planned_stop",
    "unknown",
    "unplanned_stop",
    "minor_stop",
    "setup",
    "waiting",
    "no_order",
    "running",
)
_OUTSIDE = ("not_scheduled", "break", "planned_stop")
_BUCKETS = {"normal": "", "unknown": "unknown_", "outside_plan": "outside_"}
_PIECES = ("good", "scrap", "rework", "startup_scrap")
_IDEALS = {"ideal_total": "ideal_total_s", "ideal_good": "ideal_good_s"}
_SUMS = (
    "window_us",
    *(f"{name}_us" for name in _TIMES),
    *(f"outside_{name}_us" for name in _OUTSIDE),
    "loaded_us",
    "failure_us",
    "failure_count",
    "failure_restored",
    *(f"{prefix}{name}" for prefix in _BUCKETS.values() for name in (*_PIECES, *_IDEALS)),
)
_FLAGS = (
    "effectiveness_above_1",
    "provisional_stop",
    "estimated_quantity",
    "counter_reset",
    "counter_suspect",
    "rate_missing",
)
_NEGATIVE, _EXACT = 1 << 16, 1 << 17
_UNKNOWN = (1 << 18) | (1 << 19)
"""Loaded time and failures are not in the hours of before."""
_MILLION, _IDEAL_PARTS, _LARGEST = 1_000_000, 5_040_000_000, 2**62
_CHUNK = 500


def upgrade() -> None:
    """Go up."""
    connection = op.get_bind()
    op.rename_table("rollup_hour", "rollup_hour_before")
    op.drop_constraint("pk_rollup_hour", "rollup_hour_before") if _postgresql() else None
    _create_tables()
    items = {code: item for item, code in connection.execute(sa.text(_ITEMS))}
    before = sa.table(
        "rollup_hour_before",
        *(sa.column(name) for name in ("work_unit_id", "start", "end", "production_day", "shift")),
        sa.column("tally", sa.JSON()),
    )
    ordered = sa.select(before).order_by(before.c.work_unit_id, before.c.start)
    hours = _table("rollup_hour", _HOUR_KEYS)
    held: list[dict[str, Any]] = []
    shifts: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in connection.execute(ordered).mappings().all():
        for keys, part in _parts(dict(row), items):
            held.append({**keys, **_sums(part)})
            _add(shifts, keys, part)
        if len(held) >= _CHUNK:
            connection.execute(sa.insert(hours), held)
            held = []
    if held:
        connection.execute(sa.insert(hours), held)
    for made in shifts.values():
        of_shift = {key: made[key] for key in _SHIFT_KEYS}
        connection.execute(
            sa.insert(_table("rollup_shift", _SHIFT_KEYS)), {**of_shift, **_sums(made["part"])}
        )
    op.drop_table("rollup_hour_before")


def downgrade() -> None:
    """Go down."""
    op.drop_table("rollup_shift")
    op.drop_table("rollup_hour")
    op.create_table(
        "rollup_hour",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("work_unit_id", _ID, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("production_day", sa.String(length=80), nullable=False),
        sa.Column("shift", sa.String(length=80), nullable=False),
        sa.Column("tally", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_unit_id"], ["equipment.id"], name="fk_rollup_hour_work_unit_id_equipment"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rollup_hour"),
        sa.UniqueConstraint("work_unit_id", "start", name="uq_rollup_hour_work_unit_id_start"),
    )


_ITEMS = "SELECT id, code FROM material_definition"
_TEXT, _BIG = sa.String(length=80), sa.BigInteger()
_HOUR_KEYS: dict[str, sa.types.TypeEngine[Any]] = {
    "work_unit_id": _ID,
    "start": _BIG,
    "job_order_id": _BIG,
    "material_id": _BIG,
    "end": _BIG,
    "production_day": _TEXT,
    "shift": _TEXT,
    "crew": _TEXT,
}
_SHIFT_KEYS: dict[str, sa.types.TypeEngine[Any]] = {
    "work_unit_id": _ID,
    "production_day": _TEXT,
    "shift": _TEXT,
    "job_order_id": _BIG,
    "material_id": _BIG,
    "crew": _TEXT,
    "start": _BIG,
}


def _postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _create_tables() -> None:
    for name, keys, primary in (
        ("rollup_hour", _HOUR_KEYS, ("work_unit_id", "start", "job_order_id", "material_id")),
        (
            "rollup_shift",
            _SHIFT_KEYS,
            ("work_unit_id", "production_day", "shift", "job_order_id", "material_id"),
        ),
    ):
        foreign = f"fk_{name}_work_unit_id_equipment"
        if name == "rollup_hour" and _postgresql():
            op.drop_constraint(foreign, "rollup_hour_before", type_="foreignkey")
        op.create_table(
            name,
            *(
                sa.Column(key, kind, nullable=False, autoincrement=False)
                for key, kind in keys.items()
            ),
            *(sa.Column(column, _BIG, nullable=False) for column in _SUMS),
            sa.Column("marks", sa.Integer(), nullable=False),
            sa.Column("exact", sa.JSON(), nullable=True),
            sa.ForeignKeyConstraint(["work_unit_id"], ["equipment.id"], name=foreign),
            sa.PrimaryKeyConstraint(*primary, name=f"pk_{name}"),
            sqlite_with_rowid=False,
        )


def _table(name: str, keys: Mapping[str, Any]) -> sa.TableClause:
    return sa.table(
        name,
        *(sa.column(key, kind) for key, kind in keys.items()),
        *(sa.column(column, _BIG) for column in _SUMS),
        sa.column("marks", sa.Integer()),
        sa.column("exact", sa.JSON(none_as_null=True)),
    )


def _parts(
    row: Mapping[str, Any], items: Mapping[str, int]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Keys and sums of one stored hour: its time under its first item, its pieces under theirs."""
    data = row["tally"]
    if not isinstance(data, dict) or data.get("schema") != "oee-tally/1":
        return
    by_item: dict[int, list[Any]] = {}
    for entry in data["pieces"]:
        code = entry["material"]
        item = items.get(code) or items.get(str(code).partition(" (")[0], 0)
        by_item.setdefault(item, []).append(entry)
    for place, item in enumerate(by_item or {0: []}):
        timed = place == 0
        part = {
            "schema": data["schema"],
            "window_us": data["window_us"] if timed else 0,
            "times_us": data["times_us"] if timed else {},
            "outside_plan_us": data["outside_plan_us"] if timed else {},
            "flags": data["flags"] if timed else [],
            "pieces": by_item.get(item, []),
        }
        keys = {key: row[key] for key in ("work_unit_id", "start", "end", "production_day")}
        keys |= {"shift": row["shift"], "crew": "", "job_order_id": 0, "material_id": item}
        yield keys, part


def _sums(part: Mapping[str, Any]) -> dict[str, Any]:
    sums: dict[str, Any] = dict.fromkeys(_SUMS, 0)
    sums["window_us"] = part["window_us"]
    for name, us in part["times_us"].items():
        sums[f"{name}_us"] = us
    for name, us in part["outside_plan_us"].items():
        sums[f"outside_{name}_us"] = us
    marks = _UNKNOWN | sum(1 << place for place, flag in enumerate(_FLAGS) if flag in part["flags"])
    whole = True
    for place, (bucket, prefix) in enumerate(_BUCKETS.items()):
        entries = [entry for entry in part["pieces"] if entry["bucket"] == bucket]
        if not entries:
            continue
        marks |= 1 << (12 + place)
        if any(entry["rate_missing"] for entry in entries):
            marks |= 1 << (8 + place)
        found = {name: _added(entries, name) * _MILLION for name in _PIECES}
        found |= {name: _added(entries, key) * _IDEAL_PARTS for name, key in _IDEALS.items()}
        if found["good"] < 0 or found["scrap"] < 0:
            marks |= _NEGATIVE
        if any(one.denominator != 1 or abs(one) >= _LARGEST for one in found.values()):
            whole = False
            continue
        sums |= {f"{prefix}{name}": int(value) for name, value in found.items()}
    sums["marks"] = marks if whole else marks | _EXACT
    sums["exact"] = None if whole else _merged(part)
    return sums


def _merged(part: Mapping[str, Any]) -> dict[str, Any]:
    """The sums with one entry for each bucket and item."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for entry in part["pieces"]:
        groups.setdefault((entry["bucket"], str(entry["material"])), []).append(entry)
    pieces = [
        {
            "bucket": entries[0]["bucket"],
            "material": entries[0]["material"],
            **{name: str(_added(entries, name)) for name in (*_PIECES, *_IDEALS.values())},
            "rate_missing": any(entry["rate_missing"] for entry in entries),
        }
        for entries in groups.values()
    ]
    return {**part, "pieces": pieces}


def _added(entries: Iterable[Mapping[str, Any]], key: str) -> Fraction:
    return sum((Fraction(entry[key]) for entry in entries), Fraction(0))


def _add(
    shifts: dict[tuple[Any, ...], dict[str, Any]], keys: Mapping[str, Any], part: Mapping[str, Any]
) -> None:
    """Add an hour to its shift."""
    key = tuple(keys[name] for name in _SHIFT_KEYS if name not in ("crew", "start"))
    held = shifts.setdefault(key, {**keys, "part": _NOTHING})["part"]
    shifts[key]["part"] = {
        "schema": part["schema"],
        "window_us": held["window_us"] + part["window_us"],
        "times_us": _both(held["times_us"], part["times_us"]),
        "outside_plan_us": _both(held["outside_plan_us"], part["outside_plan_us"]),
        "flags": [*held["flags"], *part["flags"]],
        "pieces": [*held["pieces"], *part["pieces"]],
    }


_NOTHING: Mapping[str, Any] = {
    "window_us": 0,
    "times_us": {},
    "outside_plan_us": {},
    "flags": (),
    "pieces": (),
}


def _both(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}
