"""Describes a ratings table in plain values, ready for JSON."""

from __future__ import annotations

from core.contract import Repair
from core.data._moments import date_of
from core.data.ratings import Ratings


def describe(ratings: Ratings) -> dict[str, object]:
    """Count and summarize a table: sizes, density, scale, mean, times, repairs, and how it was read."""
    scale = ratings.scale
    return {
        "name": ratings.name,
        "source": ratings.source,
        "kind": ratings.kind,
        "users": ratings.user_count,
        "items": ratings.item_count,
        "ratings": len(ratings),
        "density": ratings.density,
        "scale": {"minimum": scale.minimum, "maximum": scale.maximum, "step": scale.step},
        "mean": float(ratings.ratings.mean(dtype="float64")),
        "titles": _titled(ratings),
        "time_range": _time_range(ratings),
        "duplicates": sum(repair.count for repair in ratings.repairs if repair.kind == "duplicates"),
        "repairs": [_said(repair) for repair in ratings.repairs],
        "warnings": [_said(warning) for warning in ratings.warnings],
        "fingerprint": ratings.fingerprint,
        "reading": dict(ratings.reading),
    }


def _said(repair: Repair) -> dict[str, object]:
    return {"kind": repair.kind, "count": repair.count, "message": repair.message}


def _titled(ratings: Ratings) -> int:
    ids = ratings.item_vocabulary.ids.tolist()
    return sum(title != str(name) for title, name in zip(ratings.item_table.titles, ids, strict=True))


def _time_range(ratings: Ratings) -> list[str] | None:
    if ratings.timestamps is None:
        return None
    return [date_of(int(ratings.timestamps.min())), date_of(int(ratings.timestamps.max()))]
